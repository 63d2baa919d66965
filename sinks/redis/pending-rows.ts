import type { SetAside } from '../decode.ts'
import { SAMPLE_SIZE, Sample, evenly } from '../sample.ts'

/** A value, and where in its partition it was. */
export interface PlacedRow<V> {
  offset: bigint
  value: V
}

/** The same, and in which partition. */
export interface PartitionedRow<V> extends PlacedRow<V> {
  partition: number
}

/** Rows of one partition between two offsets: of each key the last one, since values are absolute. */
export interface PartitionStep<V> {
  partition: number
  from: bigint
  /** The first offset that is not in it. */
  next: bigint
  rows: PlacedRow<V>[]
}

export interface Step<V> {
  partitions: PartitionStep<V>[]
  /** When some of what the values are of reached Kafka: at most 16 times, in milliseconds since 1970. */
  receivedAt: number[]
  /** Records of these partitions that could not be read, to be put aside before the positions move past them. */
  refused: SetAside[]
}

interface Received {
  /** When what it is of reached Kafka, ms since 1970. */
  receivedAt: number
}

/** What has been read of one partition, while it is ours, and has not been applied yet. */
export class PendingPartition<V extends Received> {
  readonly rows = new Map<string, PlacedRow<V>>()
  readonly receivedAt = new Sample()
  refused: SetAside[] = []
  from: bigint
  next: bigint
  readonly #keyOf: (value: V) => string

  constructor(position: bigint, keyOf: (value: V) => string) {
    this.#keyOf = keyOf
    this.from = position
    this.next = position
  }

  /** The next record, in offset order. */
  add(offset: bigint, value: V): void {
    this.rows.set(this.#keyOf(value), { offset, value })
    this.receivedAt.add(value.receivedAt)
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

/** Rows of all partitions on their way to the store. */
export class PendingRows<V extends Received> {
  readonly #keyOf: (value: V) => string
  readonly #partitions = new Map<number, PendingPartition<V>>()

  /** `keyOf`: of values with the same key only the last counts. */
  constructor(keyOf: (value: V) => string) {
    this.#keyOf = keyOf
  }

  /** How many records the next step would carry. */
  get size(): number {
    let size = 0
    for (const { rows, refused } of this.#partitions.values()) size += rows.size + refused.length
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
    this.#partitions.set(partition, new PendingPartition(position, this.#keyOf))
  }

  /** Where the partition's records go. What is still added after it has been dropped goes nowhere. */
  of(partition: number): PendingPartition<V> | undefined {
    return this.#partitions.get(partition)
  }

  drop(partition: number): void {
    this.#partitions.delete(partition)
  }

  /** All that waits, as one step, which is thereby no longer pending. */
  take(): Step<V> {
    const step: Step<V> = { partitions: [], receivedAt: [], refused: [] }
    for (const [partition, pending] of this.#partitions) {
      const { from, next, rows, refused } = pending
      if (next === from) continue
      step.partitions.push({ partition, from, next, rows: [...rows.values()] })
      step.receivedAt = step.receivedAt.concat(pending.receivedAt.take())
      step.refused = step.refused.concat(refused)
      rows.clear()
      pending.refused = []
      pending.from = next
    }
    step.receivedAt = evenly(step.receivedAt, SAMPLE_SIZE)
    return step
  }
}
