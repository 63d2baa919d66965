import type { Kafka } from 'kafkajs'
import { partitionEnds } from './offsets.ts'
import { readRanges } from './read-ranges.ts'
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
  const ends = await partitionEnds(
    kafka,
    partitions.map(({ topic }) => topic),
  )
  await readRanges({
    kafka,
    ranges: partitions.map((each) => {
      const { low, high } = ends.get(partitionKey(each)) ?? { low: 0n, high: 0n }
      return { ...each, from: low, until: high }
    }),
    onRead: (_, records) => records.forEach(onRecord),
  })
}
