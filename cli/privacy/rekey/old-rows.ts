import { setTimeout as pause } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { existingTopics, setConfigs } from '../../../pipelines/engine/kafka/plan-topics.ts'
import type { Subject } from './subjects.ts'

const SETTLES_WITHIN_MS = 30_000
const RETRY_MS = 100

/**
 * Deletes what a topic has before these offsets. Of a compacted one Kafka deletes nothing that is asked for, and a tombstone would keep the old name for a day:
 * so for that moment it is one whose records are deleted, none of them by its age.
 */
export async function deleteOldRows(
  kafka: Kafka,
  { name, compacted }: Subject,
  ends: readonly { partition: number; offset: bigint }[],
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    if (compacted) await set(admin, name, { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1' })
    await deleteBefore(admin, name, ends)
    if (compacted) await set(admin, name, { 'cleanup.policy': 'compact', 'retention.ms': undefined })
  })
}

async function set(admin: Admin, topic: string, changes: Record<string, string | undefined>): Promise<void> {
  const { config } = (await existingTopics(admin, [topic])).get(topic)!
  const all = Object.entries({ ...config, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  await setConfigs(admin, new Map([[topic, Object.fromEntries(all)]]))
}

/** Brokers hear of a setting one after the other: until then they refuse. */
async function deleteBefore(
  admin: Admin,
  topic: string,
  ends: readonly { partition: number; offset: bigint }[],
): Promise<void> {
  const deadline = performance.now() + SETTLES_WITHIN_MS
  for (;;) {
    const found = await admin.fetchTopicOffsets(topic)
    const left = ends.filter(({ partition, offset }) =>
      found.some((each) => each.partition === partition && BigInt(each.low) < offset),
    )
    if (left.length === 0) return
    const partitions = left.map(({ partition, offset }) => ({ partition, offset: String(offset) }))
    try {
      await admin.deleteTopicRecords({ topic, partitions })
    } catch (error) {
      if (performance.now() > deadline) throw error
      await pause(RETRY_MS)
    }
  }
}
