import { byUtf8 } from '../by-utf8.ts'
import { otherVersion } from '../errors.ts'
import { Heap } from '../heap.ts'
import { type Store, type StoreCodec, writeState } from '../store.ts'

/** What is stored of a row. */
export interface StoredRow<V> {
  readonly value: V
  /** It has no partner yet, and comes out alone if none comes. */
  waiting: boolean
}

/** A row of one side of a join, for as long as a partner may come. */
export interface RememberedRow<V> extends StoredRow<V> {
  readonly key: string
  /** Event time, ms since 1970. */
  readonly time: number
  /** Tells rows of one key and time apart, in the order of their arrival. */
  readonly nth: number
}

/** A byte that says whether the row waits, before the value: so a first partner changes the first page only. */
export const storedRow = <V>(codec: StoreCodec<V>): StoreCodec<StoredRow<V>> => ({
  encode: ({ value, waiting }) => Buffer.concat([Buffer.of(waiting ? 1 : 0), codec.encode(value)]),
  write({ value, waiting }, out) {
    out.byte(waiting ? 1 : 0)
    writeState(codec, value, out)
  },
  decode: (bytes) => ({ waiting: bytes[0] === 1, value: codec.decode(bytes.subarray(1)) }),
})

const idOf = ({ key, time, nth }: RememberedRow<unknown>) => `${time}:${nth}:${key}`

function rowOf<V>(id: string, { value, waiting }: StoredRow<V>): RememberedRow<V> {
  const [, time, nth, key] = /^(-?\d+):(\d+):(.*)/s.exec(id) ?? []
  if (key === undefined) throw otherVersion("a join's changelog")
  return { key, time: Number(time), nth: Number(nth), value, waiting }
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
export class RememberedRows<V> {
  readonly #store: Store<StoredRow<V>>
  readonly #byKey = new Map<string, RememberedRow<V>[]>()
  readonly #byTime = new Heap<RememberedRow<V>>((one, other) => one.time < other.time)
  readonly #waiting = new Heap<RememberedRow<V>>(before)

  /** Takes over what is in `store`, in whatever order a changelog has left it. */
  constructor(store: Store<StoredRow<V>>) {
    this.#store = store
    const rows = Array.from(store.entries(), ([id, stored]) => rowOf(id, stored))
    for (const row of rows.sort((one, other) => one.time - other.time || one.nth - other.nth)) this.#add(row)
  }

  remember({ key, time, value }: { key: string; time: number; value: V }, waiting: boolean): void {
    const rows = this.#byKey.get(key)
    const previous = rows?.[indexAfter(rows, time) - 1]
    const nth = previous?.time === time ? previous.nth + 1 : 0
    const row = { key, time, value, waiting, nth }
    this.#add(row)
    this.#store.put(idOf(row), row)
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
    this.#store.put(idOf(row), row)
  }

  /** The first row without a partner: by time, then key. */
  get firstWaiting(): RememberedRow<V> | undefined {
    while (this.#waiting.first?.waiting === false) this.#waiting.removeFirst()
    return this.#waiting.first
  }

  /** Forgets a row that is remembered. */
  forget(row: RememberedRow<V>): void {
    row.waiting = false
    this.#store.delete(idOf(row))
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
      for (const row of rows.slice(0, count)) this.#store.delete(idOf(row))
      this.#drop(oldest.key, rows, 0, count)
    }
  }

  #add(row: RememberedRow<V>): void {
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
