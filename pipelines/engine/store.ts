import type { LoggedState } from './logged-state.ts'
import type { OutgoingRecords } from './outgoing-records.ts'
import { Pages, type StoreChange, wholePages } from './pages.ts'
import type { StateTable, TableIndex } from './state-table.ts'
import { type StoreCodec, writeState } from './store-codec.ts'
import { WorkingSet } from './working-set.ts'

/** State of one task, by key. Changes since the last commit are kept for the changelog, the last of each key. */
export interface Store<V> {
  get(key: string): V | undefined
  put(key: string, value: V): void
  delete(key: string): void
  /**
   * Deletes what has a time before this, ms since 1970, of a store whose values have one. In memory it stops at the first that is younger, so
   * that what was put behind such a one goes later.
   */
  forgetBefore(time: number): void
  readonly size: number
}

/** A store of values by key. */
export class KeyValueStore<V> implements Store<V>, LoggedState {
  readonly index: TableIndex
  readonly #values = new Map<string, V>()
  readonly #dirty = new Set<string>()
  readonly #pages = new Pages()
  readonly #workingSet = new WorkingSet((key, value) => this.#take(key, value))
  readonly #codec: StoreCodec<V>
  readonly #timeOf: ((value: V) => number) | undefined

  /** `timeOf`: what {@link forgetBefore} goes by, ms since 1970; of values that have one page. Default: they have no time. */
  constructor(codec: StoreCodec<V>, timeOf?: (value: V) => number) {
    this.#codec = codec
    this.#timeOf = timeOf
    this.index = {
      keyOf: (key) => key,
      ...(timeOf !== undefined && { timeOf: (_key, bytes) => timeOf(codec.decode(bytes)) }),
    }
  }

  get size(): number {
    return this.#workingSet.size
  }

  get(key: string): V | undefined {
    this.#workingSet.load(key)
    return this.#values.get(key)
  }

  put(key: string, value: V): void {
    this.#workingSet.load(key)
    const before = this.#values.size
    this.#values.set(key, value)
    this.#workingSet.added += this.#values.size - before
    this.#dirty.add(key)
  }

  delete(key: string): void {
    this.#workingSet.load(key)
    if (!this.#values.delete(key)) return
    this.#workingSet.added -= 1
    this.#dirty.add(key)
  }

  forgetBefore(time: number): void {
    const isOlder = (value: V | undefined) => value !== undefined && this.#timeOf!(value) < time
    for (const key of this.#workingSet.loadDue(time - 1)) if (isOlder(this.#values.get(key))) this.delete(key)
    for (const [key, value] of this.#values) {
      if (!isOlder(value)) return
      this.delete(key)
    }
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries()
  }

  takeChanges(changes: OutgoingRecords): void {
    for (const key of this.#dirty) {
      const value = this.#values.get(key)
      if (value === undefined) this.#pages.delete(key, changes)
      else {
        writeState(this.#codec, value, changes.values)
        this.#pages.put(key, changes)
      }
    }
    this.#dirty.clear()
  }

  *contents(): Generator<StoreChange[], void> {
    for (const [key, value] of this.#values) yield wholePages(key, this.#codec.encode(value))
  }

  restore(change: StoreChange): void {
    this.#pages.restore(change, this.#bytes)
  }

  restored(): void {
    this.#pages.restored(this.#bytes)
    for (const [key, bytes] of this.#bytes) this.#values.set(key, this.#codec.decode(Buffer.from(bytes)))
    this.#workingSet.added = this.#values.size
  }

  attachTable(table: StateTable, keysInMemory: number): void {
    this.#workingSet.attachTable(table, keysInMemory)
  }

  flushed(): void {
    if (!this.#workingSet.evict()) return
    this.#values.clear()
    this.#pages.evict()
  }

  #take(key: string, bytes: Buffer): void {
    this.#values.set(key, this.#codec.decode(bytes))
    this.#pages.loaded(key, bytes)
  }

  /** The bytes of values that are being restored, in their place: a second map of a million keys takes as long as to read them. */
  get #bytes(): Map<string, Buffer> {
    return this.#values as Map<string, unknown> as Map<string, Buffer>
  }
}
