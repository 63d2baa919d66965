import type { Admin } from 'kafkajs'
import { ImportError } from './errors.ts'

export interface PartitionEnds {
  partition: number
  /** The first offset there is. */
  low: bigint
  /** The offset that the next record will have. */
  high: bigint
}

/** Where each partition of a topic begins and ends now. */
export async function partitionEnds(admin: Admin, topic: string): Promise<PartitionEnds[]> {
  const found = await admin.fetchTopicOffsets(topic)
  return found.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
}

/** @throws ImportError naming the topics that do not exist: asked for their offsets, the client would wait for ever. */
export async function requireTopics(admin: Admin, names: readonly string[]): Promise<void> {
  const existing = new Set(await admin.listTopics())
  const missing = names.filter((name) => !existing.has(name))
  if (missing.length === 0) return
  throw new ImportError(
    `Kafka has no topic ${missing.join(', ')}: run \`continuo migrate\`, and check TOPIC_PREFIX and KAFKA_BROKERS`,
  )
}
