import type { Kafka } from 'kafkajs'
import { withAdmin } from '../pipelines/engine/kafka/ensure-topics.ts'
import { partitionKey } from '../pipelines/engine/kafka/raw-record.ts'

export interface CommittedOffset {
  /** -1 where nothing has been committed. */
  offset: bigint
  metadata: string | null
}

/** What a group has committed of these topics, by partition key. */
export function committedOffsets(
  kafka: Kafka,
  groupId: string,
  topics: string[],
): Promise<Map<string, CommittedOffset>> {
  return withAdmin(kafka, async (admin) => {
    const committed = new Map<string, CommittedOffset>()
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics })) {
      for (const { partition, offset, metadata } of partitions) {
        committed.set(partitionKey({ topic, partition }), { offset: BigInt(offset), metadata })
      }
    }
    return committed
  })
}

/** The first offset that each partition of these topics still has, by partition key. */
export function earliestOffsets(kafka: Kafka, topics: string[]): Promise<Map<string, bigint>> {
  return withAdmin(kafka, async (admin) => {
    const earliest = new Map<string, bigint>()
    for (const topic of topics) {
      for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
        earliest.set(partitionKey({ topic, partition }), BigInt(low))
      }
    }
    return earliest
  })
}
