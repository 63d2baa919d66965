import type { Kafka } from 'kafkajs'
import { withAdmin } from './admin.ts'
import { stableOffsets } from './group-fence.ts'
import type { GroupMember } from './kip-447-requests.ts'
import { type TopicPartition, partitionKey } from '../raw-record.ts'

export interface OffsetToCommit extends TopicPartition {
  /** The next offset to read. */
  offset: bigint
  metadata?: string
}

/** Where a group stands, as one of its members says. */
export interface GroupOffsets {
  groupId: string
  member: GroupMember
  offsets: OffsetToCommit[]
}

export interface CommittedOffset {
  /** The next offset to read; -1 where nothing has been committed. */
  offset: bigint
  metadata: string | null
}

/** The offsets of a partition: the first that it still has, and the first that it does not have yet. */
export interface PartitionEnds {
  low: bigint
  high: bigint
}

/** What a group has committed of these topics, by {@link partitionKey}, once no open transaction is about to change it. */
export function committedOffsets(
  kafka: Kafka,
  groupId: string,
  topics: string[],
): Promise<Map<string, CommittedOffset>> {
  return withAdmin(kafka, async (admin) => {
    const committed = new Map<string, CommittedOffset>()
    for (const { topic, partitions } of await stableOffsets(() => admin.fetchOffsets({ groupId, topics }))) {
      for (const { partition, offset, metadata } of partitions) {
        committed.set(partitionKey({ topic, partition }), { offset: BigInt(offset), metadata })
      }
    }
    return committed
  })
}

/** Where each partition of these topics begins and ends, open transactions included, by {@link partitionKey}. */
export function partitionEnds(kafka: Kafka, topics: Iterable<string>): Promise<Map<string, PartitionEnds>> {
  return withAdmin(kafka, async (admin) => {
    const ends = new Map<string, PartitionEnds>()
    for (const topic of new Set(topics)) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        ends.set(partitionKey({ topic, partition }), { low: BigInt(low), high: BigInt(high) })
      }
    }
    return ends
  })
}

/** Where these partitions end, by {@link partitionKey}; those that hold nothing are left out. */
export async function heldEnds(
  kafka: Kafka,
  partitions: readonly TopicPartition[],
): Promise<Map<string, bigint>> {
  const ends = await partitionEnds(
    kafka,
    partitions.map(({ topic }) => topic),
  )
  const held = new Map<string, bigint>()
  for (const key of partitions.map(partitionKey)) {
    const { low, high } = ends.get(key) ?? { low: 0n, high: 0n }
    if (high > low) held.set(key, high)
  }
  return held
}

/** As kafkajs's commits want them. */
export function offsetsByTopic(offsets: OffsetToCommit[]) {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, offset, metadata }) => ({
      partition,
      offset: offset.toString(),
      ...(metadata !== undefined && { metadata }),
    })),
  }))
}
