import type { Kafka } from 'kafkajs'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import type { OffsetRange } from '../../pipelines/engine/kafka/read-ranges.ts'

/** What a partition has kept, up to where it ended when that was looked at. */
export type KeptRange = OffsetRange

/** Told how many records of how many have been read. */
export type OnProgress = (read: number, of: number) => void

export async function keptRanges(kafka: Kafka, topic: string): Promise<KeptRange[]> {
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic))
  return offsets.map(({ partition, low, high }) => ({
    ...{ topic, partition, from: BigInt(low), until: BigInt(high) },
  }))
}

/** Tells how far these ranges have been read; `positionOf`: the offset up to which a partition has been. */
export function tellProgress(
  ranges: readonly KeptRange[],
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
