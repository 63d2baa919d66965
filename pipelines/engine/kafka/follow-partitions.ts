import { randomUUID } from 'node:crypto'
import {
  AssignerProtocol,
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type PartitionAssigner,
} from 'kafkajs'
import { type RawRecord, type TopicPartition, partitionKey } from '../raw-record.ts'
import { readingBatches } from './fetch-batches.ts'
import { fetchedIn } from './fetched.ts'

export interface FollowOptions {
  kafka: Kafka
  partitions: TopicPartition[]
  /** Where to begin, by {@link partitionKey}. Default: at the beginning. */
  from?: ReadonlyMap<string, bigint>
  /** First offsets, by {@link partitionKey}, that need not have been read for {@link followPartitions} to answer. */
  until: ReadonlyMap<string, bigint>
  /** How long a fetch waits where there is nothing new, ms. */
  maxWaitMs: number
  /** Called in order for each partition, each record once. While it has not returned no more is fetched. */
  onRecords(records: RawRecord[], heartbeat: () => Promise<void>): Promise<void> | void
  /** Told what has ended it once it had answered; what ends it before is thrown. */
  crash(error: unknown): void
}

export interface Following {
  stop(): Promise<void>
}

/** Gives this reader just the partitions it asked for. */
function exactly(partitions: TopicPartition[]): PartitionAssigner {
  const assignment: Record<string, number[]> = {}
  for (const { topic, partition } of partitions) (assignment[topic] ??= []).push(partition)
  return () => ({
    name: 'continuo-exactly',
    version: 1,
    protocol: ({ topics }) => ({
      name: 'continuo-exactly',
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }),
    assign: ({ members }) =>
      Promise.resolve(
        members.map(({ memberId }) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: 1,
            assignment,
            userData: Buffer.alloc(0),
          }),
        })),
      ),
  })
}

/**
 * Reads partitions from their beginning, or `from` elsewhere, and goes on with what comes: committed records only, each once and in order, in a group
 * of its own in which nothing is committed. Answers once it has read all before `until`: by position and not by a last record,
 * for a partition that transactions wrote to ends in a control record.
 */
export async function followPartitions(options: FollowOptions): Promise<Following> {
  const { kafka, partitions, maxWaitMs } = options
  const consumer = kafka.consumer({
    groupId: `continuo.follow.${randomUUID()}`,
    partitionAssigners: [exactly(partitions)],
    maxWaitTimeInMs: maxWaitMs,
  })
  const reached = reaches(consumer, options)
  try {
    await consumer.connect()
    await consumer.subscribe({
      topics: [...new Set(partitions.map(({ topic }) => topic))],
      fromBeginning: true,
    })
    await Promise.all([
      readingBatches(() => consumer.run({ autoCommit: false, eachBatch: eachRecordOnce(consumer, options) })),
      reached,
    ])
  } catch (error) {
    await consumer.disconnect()
    throw error
  }
  return { stop: () => consumer.disconnect() }
}

/** Resolves when the consumer has read all before `until`. */
async function reaches(consumer: Consumer, { until, crash }: FollowOptions): Promise<void> {
  const left = new Map(until)
  const reached = Promise.withResolvers<undefined>()
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const key = partitionKey(payload)
    if (BigInt(payload.lastOffset) + 1n >= (left.get(key) ?? 0n)) left.delete(key)
    if (left.size === 0) reached.resolve(undefined)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (payload.restart) return
    if (left.size === 0) crash(payload.error)
    else reached.reject(payload.error)
  })
  if (left.size > 0) await reached.promise
}

/** A consumer that joins again begins at the beginning again: it is sent on, and what it brings twice is passed over. */
function eachRecordOnce(consumer: Consumer, { partitions, from, onRecords }: FollowOptions) {
  /** First offset not passed on. */
  const next = new Map(from)
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const each of partitions) {
      const offset = next.get(partitionKey(each))
      if (offset !== undefined) consumer.seek({ ...each, offset: offset.toString() })
    }
  })
  return async ({ batch, heartbeat }: EachBatchPayload): Promise<void> => {
    const key = partitionKey(batch)
    const records = fetchedIn(batch).records(next.get(key) ?? 0n)
    await onRecords(records, heartbeat)
    const last = records.at(-1)
    if (last !== undefined) next.set(key, last.offset + 1n)
  }
}
