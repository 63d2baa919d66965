import type { Kafka } from 'kafkajs'
import { followPartitions } from './follow-partitions.ts'
import { heldEnds } from './offsets.ts'
import { type RawRecord, type TopicPartition, partitionKey } from '../raw-record.ts'

/**
 * Reads partitions from their beginning to where they end now, committed records only, each once and in order, without
 * committing anything.
 */
export async function readToEnd(
  kafka: Kafka,
  partitions: TopicPartition[],
  onRecord: (record: RawRecord) => void,
): Promise<void> {
  const until = await heldEnds(kafka, partitions)
  if (until.size === 0) return
  const following = await followPartitions({
    kafka,
    partitions: partitions.filter((each) => until.has(partitionKey(each))),
    until,
    maxWaitMs: 100,
    onRecords: (records) => records.forEach(onRecord),
    crash: () => undefined, // What it was to read, it has.
  })
  await following.stop()
}
