import type { ArtistTotal } from '../../schemas/events.ts'
import type { SetAside } from '../decode.ts'
import { SAMPLE_SIZE, Sample, evenly } from './sample.ts'

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
  /** When some of the plays reached Kafka: at most 16 times, in milliseconds since 1970. */
  receivedAt: number[]
  /** Records of these partitions that could not be read, to be put aside before the positions move past them. */
  refused: SetAside[]
}

/** What has been read of one partition, while it is ours, and has not been applied yet. */
export class PendingPartition {
  readonly totals = new Map<string, ArtistTotal>()
  readonly receivedAt = new Sample()
  refused: SetAside[] = []
  from: bigint
  next: bigint

  constructor(position: bigint) {
    this.from = position
    this.next = position
  }

  /** The next record, in offset order. */
  add(offset: bigint, total: ArtistTotal): void {
    this.totals.set(`${total.windowStart}:${total.artistId}`, total)
    this.receivedAt.add(total.receivedAt)
    this.next = offset + 1n
  }

  /** The next record, in offset order, which could not be read. */
  refuse(refused: SetAside): void {
    this.refused.push(refused)
    this.next = refused.record.offset + 1n
  }

  /** Everything before `next` has been seen. */
  cover(next: bigint): void {
    if (next > this.next) this.next = next
  }
}

/** Totals of all partitions on their way to the store. */
export class PendingTotals {
  readonly #partitions = new Map<number, PendingPartition>()

  /** How many records the next step would carry. */
  get size(): number {
    let size = 0
    for (const { totals, refused } of this.#partitions.values()) size += totals.size + refused.length
    return size
  }

  /** Whether there is anything to apply, be it only a position. */
  get some(): boolean {
    return this.#partitions.values().some(({ from, next }) => next > from)
  }

  /** The partitions that are read. */
  get partitions(): number[] {
    return [...this.#partitions.keys()]
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

  /** All that waits, as one step, which is thereby no longer pending. */
  take(): Step {
    const step: Step = { partitions: [], receivedAt: [], refused: [] }
    for (const [partition, pending] of this.#partitions) {
      const { from, next, totals, refused } = pending
      if (next === from) continue
      step.partitions.push({ partition, from, next, totals: [...totals.values()] })
      step.receivedAt = step.receivedAt.concat(pending.receivedAt.take())
      step.refused = step.refused.concat(refused)
      totals.clear()
      pending.refused = []
      pending.from = next
    }
    step.receivedAt = evenly(step.receivedAt, SAMPLE_SIZE)
    return step
  }
}
