interface Partition {
  topic: string
  partition: number
}

/** The offsets from one on, up to the first that need not be read. */
export interface OffsetRange extends Partition {
  from: bigint
  until: bigint
}

interface StoredRecord {
  key: Buffer | null
  value: Buffer | null
}

/** How partitions are read; `cli` hands in how the engine does it. */
export interface PartitionReader {
  /** Where each partition of these topics begins and ends now, open transactions included, by `topic:partition`. */
  ends(topics: readonly string[]): Promise<ReadonlyMap<string, { low: bigint; high: bigint }>>
  /**
   * Tells of committed records, each once, once the transactions in these ranges have ended; `next` is the first offset not read yet,
   * which may lie behind the range.
   */
  read(
    ranges: readonly OffsetRange[],
    onRead: (partition: Partition, records: readonly StoredRecord[], next: bigint) => void | Promise<void>,
  ): Promise<void>
}

/** What the ends of partitions are known by, taken apart. */
export function partitionOf(key: string): Partition {
  const colon = key.lastIndexOf(':')
  return { topic: key.slice(0, colon), partition: Number(key.slice(colon + 1)) }
}
