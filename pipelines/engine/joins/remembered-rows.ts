import { byUtf8 } from '../by-utf8.ts'
import { Changes, type Tracked } from '../changes.ts'
import { otherVersion } from '../errors.ts'
import { Heap } from '../heap.ts'
import type { OutgoingRecords } from '../outgoing-records.ts'
import { Pages, type StoreChange, wholePages } from '../pages.ts'
import { type LoggedState, type StoreCodec, writeState } from '../store.ts'

/** What is stored of a row. */
export interface StoredRow<V> {
  readonly value: V
  /** It has no partner yet, and comes out alone if none comes. */
  waiting: boolean
}

/** A row of one side of a join, for as long as a partner may come. */
export class RememberedRow<V> implements StoredRow<V>, Tracked {
  readonly key: string
  /** Event time, ms since 1970. */
  readonly time: number
  /** Tells rows of one key and time apart, in the order of their arrival. */
  readonly nth: number
  readonly value: V
  waiting: boolean
  changed = false
  logged = false
  gone = false

  constructor(key: string, time: number, nth: number, { value, waiting }: StoredRow<V>) {
    this.key = key
    this.time = time
    this.nth = nth
    this.value = value
    this.waiting = waiting
  }

  /** Under what the changelog has it. */
  get id(): string {
    return `${this.time}:${this.nth}:${this.key}`
  }
}

/** A byte that says whether the row waits, before the value: so a first partner changes the first page only. */
const storedRow = <V>(codec: StoreCodec<V>): StoreCodec<StoredRow<V>> => ({
  encode: ({ value, waiting }) => Buffer.concat([Buffer.of(waiting ? 1 : 0), codec.encode(value)]),
  write({ value, waiting }, out) {
    out.byte(waiting ? 1 : 0)
    writeState(codec, value, out)
  },
  decode: (bytes) => ({ waiting: bytes[0] === 1, value: codec.decode(bytes.subarray(1)) }),
})

function rowOf<V>(id: string, stored: StoredRow<V>): RememberedRow<V> {
  const [, time, nth, key] = /^(-?\d+):(\d+):(.*)/s.exec(id) ?? []
  if (key === undefined) throw otherVersion("a join's changelog")
  return new RememberedRow(key, Number(time), Number(nth), stored)
}

/** By time, then by the bytes of the key, then as they came. */
function before(one: RememberedRow<unknown>, other: RememberedRow<unknown>): boolean {
  if (one.time !== other.time) return one.time < other.time
  if (one.key !== other.key) return byUtf8(one.key, other.key) < 0
  return one.nth < other.nth
}

/** Where the rows later than `time` begin. */
function indexAfter(rows: readonly RememberedRow<unknown>[], time: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle]!.time <= time) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The rows of one side of a join: per key in the order of time, so that partners are found by binary search; over all keys
 * in the order in which they are forgotten, and in which those without a partner come out.
 */
export class RememberedRows<V> implements LoggedState {
  readonly #codec: StoreCodec<StoredRow<V>>
  readonly #byKey = new Map<string, RememberedRow<V>[]>()
  readonly #byTime = new Heap<RememberedRow<V>>((one, other) => one.time < other.time)
  readonly #waiting = new Heap<RememberedRow<V>>(before)
  readonly #changes = new Changes<RememberedRow<V>>()
  readonly #pages = new Pages()
  readonly #restoring = new Map<string, Buffer>()
  #size = 0

  /** `codec`: how values are stored. */
  constructor(codec: StoreCodec<V>) {
    this.#codec = storedRow(codec)
  }

  get size(): number {
    return this.#size
  }

  *entries(): Generator<[string, StoredRow<V>], void> {
    for (const rows of this.#byKey.values())
      // Whoever goes through them slowly may be amid those of a key of which some are forgotten.
      for (const row of [...rows]) if (!row.gone) yield [row.id, { value: row.value, waiting: row.waiting }]
  }

  takeChanges(changes: OutgoingRecords): void {
    for (const row of this.#changes.take()) {
      if (row.gone) this.#pages.delete(row.id, changes)
      else {
        writeState(this.#codec, row, changes.values)
        this.#pages.put(row.id, changes)
      }
    }
  }

  *contents(): Generator<StoreChange[], void> {
    for (const [id, row] of this.entries()) yield wholePages(id, this.#codec.encode(row))
  }

  restore(change: StoreChange): void {
    this.#pages.restore(change, this.#restoring)
  }

  restored(): void {
    this.#pages.restored(this.#restoring)
    const rows = Array.from(this.#restoring, ([id, bytes]) =>
      rowOf(id, this.#codec.decode(Buffer.from(bytes))),
    )
    this.#restoring.clear()
    // A changelog leaves them in whatever order.
    for (const row of rows.sort((one, other) => one.time - other.time || one.nth - other.nth)) {
      row.logged = true
      this.#add(row)
    }
  }

  remember({ key, time, value }: { key: string; time: number; value: V }, waiting: boolean): void {
    const rows = this.#byKey.get(key)
    const previous = rows?.[indexAfter(rows, time) - 1]
    const nth = previous?.time === time ? previous.nth + 1 : 0
    const row = new RememberedRow(key, time, nth, { value, waiting })
    this.#add(row)
    this.#changes.add(row)
  }

  /** The rows of `key` from `from` to `to`, both inclusive, ms since 1970: by time, equal ones as they came. */
  find(key: string, from: number, to: number): RememberedRow<V>[] {
    const rows = this.#byKey.get(key) ?? []
    return rows.slice(indexAfter(rows, from - 1), indexAfter(rows, to))
  }

  /** Says that the row has got a partner. */
  pair(row: RememberedRow<V>): void {
    if (!row.waiting) return
    row.waiting = false
    this.#changes.add(row)
  }

  /** The first row without a partner: by time, then key. */
  get firstWaiting(): RememberedRow<V> | undefined {
    while (this.#waiting.first?.waiting === false) this.#waiting.removeFirst()
    return this.#waiting.first
  }

  /** Forgets a row that is remembered. */
  forget(row: RememberedRow<V>): void {
    row.waiting = false
    this.#leaves(row)
    const rows = this.#byKey.get(row.key)!
    this.#drop(row.key, rows, rows.indexOf(row, indexAfter(rows, row.time - 1)), 1)
  }

  /** Forgets the rows of `time` and before, ms since 1970. */
  forgetUntil(time: number): void {
    for (let oldest = this.#byTime.first; oldest !== undefined; oldest = this.#byTime.first) {
      if (oldest.time > time) return
      this.#byTime.removeFirst()
      const rows = this.#byKey.get(oldest.key) ?? []
      const count = indexAfter(rows, time)
      for (const row of rows.slice(0, count)) this.#leaves(row)
      this.#drop(oldest.key, rows, 0, count)
    }
  }

  #leaves(row: RememberedRow<V>): void {
    row.gone = true
    this.#size -= 1
    this.#changes.add(row)
  }

  #add(row: RememberedRow<V>): void {
    this.#size += 1
    const rows = this.#byKey.get(row.key)
    if (rows === undefined) this.#byKey.set(row.key, [row])
    else rows.splice(indexAfter(rows, row.time), 0, row)
    this.#byTime.add(row)
    if (row.waiting) this.#waiting.add(row)
  }

  #drop(key: string, rows: RememberedRow<V>[], from: number, count: number): void {
    rows.splice(from, count)
    if (rows.length === 0) this.#byKey.delete(key)
  }
}
