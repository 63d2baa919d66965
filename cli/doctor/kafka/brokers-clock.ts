import { setTimeout as delay } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { readRanges } from '../../../pipelines/engine/kafka/read-ranges.ts'
import { statusTopic } from '../../../schemas/status-topic.ts'
import { type ClockOffset, offsetBetween } from '../clock.ts'
import type { SeenTopic } from './look.ts'

const EVERY_MS = 25
/** Each process of `continuo run` writes once a second. */
const WITHIN_MS = 3_000

interface ClockOptions {
  kafka: Kafka
  topics: readonly SeenTopic[]
  prefix: string
  now(): number
}

/**
 * The brokers tell no time, but stamp what is written to the status topic: the end of its partition is looked at until it moves, and the
 * record that has moved it was stamped between two looks. Undefined where nobody writes there.
 */
export async function brokersClock({
  kafka,
  topics,
  prefix,
  now,
}: ClockOptions): Promise<ClockOffset | undefined> {
  const topic = prefix + statusTopic.name
  const stamped =
    topics.find(({ name }) => name === topic)?.config['message.timestamp.type'] === 'LogAppendTime'
  if (!stamped) return undefined
  const moved = await withAdmin(kafka, async (admin) => {
    const endOf = async () => BigInt((await admin.fetchTopicOffsets(topic))[0]!.high)
    const deadline = performance.now() + WITHIN_MS
    for (let [asked, end] = [now(), await endOf()]; performance.now() < deadline;) {
      await delay(EVERY_MS)
      const [askedAgain, next] = [now(), await endOf()]
      if (next > end) return { from: end, until: end + 1n, before: asked, after: now() }
      asked = askedAgain
    }
    return undefined
  })
  if (moved === undefined) return undefined
  const { from, until, before, after } = moved
  let stamp: number | undefined
  await readRanges({
    kafka,
    ranges: [{ topic, partition: 0, from, until }],
    onRead: (_, records) => {
      stamp ??= records.find(({ offset }) => offset === from)?.timestamp
    },
  })
  return stamp === undefined ? undefined : offsetBetween(stamp, before, after)
}
