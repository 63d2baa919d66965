import type { Kafka } from 'kafkajs'
import { partitionEnds } from './offsets.ts'
import { type RangesToRead, readRanges } from './read-ranges.ts'

/** Reads partitions without a group, for those who do not know the engine. */
export const partitionReader = (kafka: Kafka) => ({
  ends: (topics: Iterable<string>) => partitionEnds(kafka, topics),
  read: (ranges: RangesToRead['ranges'], onRead: RangesToRead['onRead']) =>
    readRanges({ kafka, ranges, onRead }),
})
