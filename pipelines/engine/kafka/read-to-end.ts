import { randomUUID } from 'node:crypto'
import { AssignerProtocol, type Kafka, type PartitionAssigner } from 'kafkajs'
import { partitionEnds } from './offsets.ts'
import { type RawRecord, type TopicPartition, partitionKey, rawRecord } from './raw-record.ts'

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
 * Reads partitions from their beginning to where they end now, committed records only, each once and in order, without
 * committing anything. It ends by position and not by a last record: a partition that transactions wrote to ends in a
 * control record.
 */
export async function readToEnd(
  kafka: Kafka,
  partitions: TopicPartition[],
  onRecord: (record: RawRecord) => void,
): Promise<void> {
  const ends = await partitionEnds(
    kafka,
    partitions.map(({ topic }) => topic),
  )
  const endOf = (partition: TopicPartition) => ends.get(partitionKey(partition))?.high ?? 0n
  const wanted = partitions.filter((each) => endOf(each) > (ends.get(partitionKey(each))?.low ?? 0n))
  if (wanted.length === 0) return
  const left = new Set(wanted.map(partitionKey))
  /** First offset not passed on: a consumer that has to join again begins at the beginning again. */
  const next = new Map<string, bigint>()

  const consumer = kafka.consumer({
    groupId: `continuo.read-to-end.${randomUUID()}`,
    partitionAssigners: [exactly(wanted)],
    maxWaitTimeInMs: 100,
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...new Set(wanted.map(({ topic }) => topic))], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        if (BigInt(payload.lastOffset) + 1n >= endOf(payload)) left.delete(partitionKey(payload))
        if (left.size === 0) resolve()
      })
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error))
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const key = partitionKey(batch)
            for (const message of batch.messages) {
              const record = rawRecord(batch, message)
              if (record.offset < (next.get(key) ?? 0n)) continue
              next.set(key, record.offset + 1n)
              onRecord(record)
            }
            return Promise.resolve()
          },
        })
        .catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
}
