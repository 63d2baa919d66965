import { byUtf8 } from '../by-utf8.ts'
import { Changes, type Tracked } from '../changes.ts'
import { otherVersion } from '../errors.ts'
import { Heap } from '../heap.ts'
import type { OutgoingRecords } from '../outgoing-records.ts'
import { Pages, type StoreChange, wholePages } from '../pages.ts'
import { WorkingSet } from '../working-set.ts'
import type { TableIndex, StateTable } from '../state-table.ts'
import type { LoggedState } from '../logged-state.ts'
import { type StoreCodec, writeState } from '../store-codec.ts'

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
  decode: (bytes) => ({ waiting: isWaiting(bytes), value: codec.decode(bytes.subarray(1)) }),
})
const isWaiting = (stored: Buffer) => stored[0] === 1

function placeIn(id: string): { time: number; nth: number; key: string } {
  const [, time, nth, key] = /^(-?\d+):(\d+):(.*)/s.exec(id) ?? []
  if (key === undefined) throw otherVersion("a join's changelog")
  return { time: Number(time), nth: Number(nth), key }
}

function rowOf<V>(id: string, stored: StoredRow<V>): RememberedRow<V> {
  const { time, nth, key } = placeIn(id)
  return new RememberedRow(key, time, nth, stored)
}

/** How long rows are of use, ms of stream time. */
export interface JoinTimes {
  /** So long one without a partner waits; past it, it comes out alone. */
  waitMs: number
  /** After so long it is forgotten. */
  retentionMs: number
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

/** Where a row belongs among others of its key: by time, then as they came. */
function indexBehind(rows: readonly RememberedRow<unknown>[], { time, nth }: RememberedRow<unknown>): number {
  let at = indexAfter(rows, time)
  while (at > 0 && rows[at - 1]!.time === time && rows[at - 1]!.nth > nth) at -= 1
  return at
}

/**
 * The rows of one side of a join: per key in the order of time, so that partners are found by binary search; over all keys
 * in the order in which they are forgotten, and in which those without a partner come out.
 */
export class RememberedRows<V> implements LoggedState {
  readonly index: TableIndex
  readonly #codec: StoreCodec<StoredRow<V>>
  readonly #retentionMs: number
  readonly #byKey = new Map<string, RememberedRow<V>[]>()
  readonly #byTime = new Heap<RememberedRow<V>>((one, other) => one.time < other.time)
  readonly #waiting = new Heap<RememberedRow<V>>(before)
  readonly #changes = new Changes<RememberedRow<V>>()
  readonly #pages = new Pages()
  readonly #restoring = new Map<string, Buffer>()
  readonly #workingSet = new WorkingSet((id, bytes) => this.#take(id, bytes))

  /** `codec`: how values are stored. */
  constructor(codec: StoreCodec<V>, { waitMs, retentionMs }: JoinTimes) {
    this.#codec = storedRow(codec)
    this.#retentionMs = retentionMs
    this.index = {
      keyOf: (id) => placeIn(id).key,
      timeOf: (id, bytes) => placeIn(id).time + (isWaiting(bytes) ? waitMs + 1 : retentionMs),
    }
  }

  get size(): number {
    return this.#workingSet.size
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
    for (const row of rows.sort((one, other) => one.time - other.time || one.nth - other.nth))
      this.#addLogged(row)
    this.#workingSet.added = rows.length
  }

  attachTable(table: StateTable, keysInMemory: number): void {
    this.#workingSet.attachTable(table, keysInMemory)
  }

  flushed(): void {
    if (!this.#workingSet.evict()) return
    this.#byKey.clear()
    this.#byTime.clear()
    this.#waiting.clear()
    this.#pages.evict()
  }

  /** Has all rows in memory that come out alone, or are forgotten, by a stream time, ms since 1970. */
  loadDue(streamTime: number): void {
    this.#workingSet.loadDue(streamTime)
  }

  remember({ key, time, value }: { key: string; time: number; value: V }, waiting: boolean): void {
    this.#workingSet.load(key)
    const rows = this.#byKey.get(key)
    const previous = rows?.[indexAfter(rows, time) - 1]
    const nth = previous?.time === time ? previous.nth + 1 : 0
    const row = new RememberedRow(key, time, nth, { value, waiting })
    this.#add(row)
    this.#workingSet.added += 1
    this.#changes.add(row)
  }

  /** The rows of `key` from `from` to `to`, both inclusive, ms since 1970: by time, equal ones as they came. */
  find(key: string, from: number, to: number): RememberedRow<V>[] {
    this.#workingSet.load(key)
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
    this.loadDue(time + this.#retentionMs)
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
    this.#workingSet.added -= 1
    this.#changes.add(row)
  }

  #take(id: string, bytes: Buffer): void {
    this.#addLogged(rowOf(id, this.#codec.decode(bytes)))
    this.#pages.loaded(id, bytes)
  }

  /** Adds what the changelog has. */
  #addLogged(row: RememberedRow<V>): void {
    row.logged = true
    this.#add(row)
  }

  #add(row: RememberedRow<V>): void {
    const rows = this.#byKey.get(row.key)
    if (rows === undefined) this.#byKey.set(row.key, [row])
    else rows.splice(indexBehind(rows, row), 0, row)
    this.#byTime.add(row)
    if (row.waiting) this.#waiting.add(row)
  }

  #drop(key: string, rows: RememberedRow<V>[], from: number, count: number): void {
    rows.splice(from, count)
    if (rows.length === 0) this.#byKey.delete(key)
  }
}
