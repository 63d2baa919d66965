import type { ArtistTotal } from '../../schemas/events.ts'

/** Rows of one partition between two offsets: of each artist and window the last one, since totals are absolute. */
export interface PartitionStep {
  partition: number
  from: bigint
  /** The first offset that is not in it. */
  next: bigint
  totals: ArtistTotal[]
}

export interface Step {
  partitions: PartitionStep[]
  /** When some of the plays reached Kafka. */
  receivedAt: number[]
}

const MOST_SAMPLES = 16

/** What has been read of one partition, while it is ours, and has not been applied yet. */
export class PendingPartition {
  readonly totals = new Map<string, ArtistTotal>()
  readonly receivedAt: number[] = []
  from: bigint
  next: bigint

  constructor(position: bigint) {
    this.from = position
    this.next = position
  }

  /** The next record, in offset order. */
  add(offset: bigint, total: ArtistTotal): void {
    this.totals.set(`${total.windowStart}:${total.artistId}`, total)
    this.receivedAt.push(total.receivedAt)
    this.next = offset + 1n
  }

  /** Everything before `next` has been seen. */
  cover(next: bigint): void {
    if (next > this.next) this.next = next
  }
}

/** Totals of all partitions on their way to the store. */
export class PendingTotals {
  readonly #partitions = new Map<number, PendingPartition>()

  /** How many totals the next step would carry. */
  get size(): number {
    let size = 0
    for (const { totals } of this.#partitions.values()) size += totals.size
    return size
  }

  /** Whether there is anything to apply, be it only a position. */
  get some(): boolean {
    return this.#partitions.values().some(({ from, next }) => next > from)
  }

  /** From here on the partition is read. */
  assign(partition: number, position: bigint): void {
    this.#partitions.set(partition, new PendingPartition(position))
  }

  /** Where the partition's records go. What is still added after it has been dropped goes nowhere. */
  of(partition: number): PendingPartition | undefined {
    return this.#partitions.get(partition)
  }

  drop(partition: number): void {
    this.#partitions.delete(partition)
  }

  /** Drops every partition. */
  clear(): void {
    this.#partitions.clear()
  }

  /** All that waits, as one step, which is thereby no longer pending. */
  take(): Step {
    const partitions: PartitionStep[] = []
    const receivedAt: number[] = []
    for (const [partition, pending] of this.#partitions) {
      const { from, next, totals } = pending
      if (next === from) continue
      partitions.push({ partition, from, next, totals: [...totals.values()] })
      receivedAt.push(...pending.receivedAt.splice(0))
      totals.clear()
      pending.from = next
    }
    return { partitions, receivedAt: evenly(receivedAt, MOST_SAMPLES) }
  }
}

/** At most `count` of the values, evenly spread, the first and the last among them. */
export function evenly(values: number[], count: number): number[] {
  if (values.length <= count) return values
  const distance = (values.length - 1) / (count - 1)
  return Array.from({ length: count }, (_, i) => values[Math.round(i * distance)]!)
}
