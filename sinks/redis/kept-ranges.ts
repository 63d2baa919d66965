import type { Kafka } from 'kafkajs'
import { partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import type { OffsetRange } from '../../pipelines/engine/kafka/read-ranges.ts'
import { partitionOf } from '../../pipelines/engine/raw-record.ts'

/** Told how many records of how many have been read. */
export type OnProgress = (read: number, of: number) => void

/** What each partition has kept, up to where it ends now. */
export async function keptRanges(kafka: Kafka, topic: string): Promise<OffsetRange[]> {
  const ends = await partitionEnds(kafka, [topic])
  return [...ends].map(([key, { low, high }]) => ({ ...partitionOf(key), from: low, until: high }))
}

/** Tells how far these ranges have been read; `positionOf`: the offset up to which a partition has been. */
export function tellProgress(
  ranges: readonly OffsetRange[],
  positionOf: (partition: number) => bigint | undefined,
  onProgress: OnProgress,
): void {
  let read = 0n
  let all = 0n
  for (const { partition, from, until } of ranges) {
    const position = positionOf(partition) ?? from
    read += (position < until ? position : until) - from
    all += until - from
  }
  onProgress(Number(read), Number(all))
}
