import avro from 'avsc'
import { misfit } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'
import type { ByteWriter } from '../../schemas/byte-writer.ts'
import type { OutgoingRecords } from './outgoing-records.ts'
import { Pages, type StoreChange, wholePages } from './pages.ts'
import { Paging } from './paging.ts'
import type { StateOrder, StateTable } from './state-table.ts'

/** How a store's values become bytes for the changelog, and back. */
export interface StoreCodec<V> {
  encode(value: V): Buffer
  decode(bytes: Buffer): V
  /** Writes what {@link encode} would give, without a buffer of its own. Default: by `encode`. */
  write?(value: V, out: ByteWriter): void
}

export function writeState<V>(codec: StoreCodec<V>, value: V, out: ByteWriter): void {
  if (codec.write === undefined) out.bytes(codec.encode(value))
  else codec.write(value, out)
}

/**
 * State as Avro binary of `schema`, which stays as it is: bytes do not say which version wrote them. Another length is refused when
 * they are read; fields of one type that change places are not noticed.
 */
export function avroState<V>(schema: avro.Schema): StoreCodec<V> {
  const type = avro.Type.forSchema(schema)
  const name = `state ${type.name ?? type.typeName}`
  return {
    encode(value) {
      try {
        return type.toBuffer(value)
      } catch {
        throw new TypeError(`${name}: ${misfit(type, value)}`)
      }
    },
    write(value, out) {
      try {
        out.avro(type, value)
      } catch {
        throw new TypeError(`${name}: ${misfit(type, value)}`)
      }
    },
    decode(bytes) {
      try {
        return type.fromBuffer(bytes) as V
      } catch (cause) {
        throw new TopologyError(
          `${name} was written in another shape: give the store a codec that reads both, or the ` +
            'topology another name, under which it begins anew',
          { cause },
        )
      }
    },
  }
}

/** State as Avro binary of what a topic holds. */
export const topicState = <V>(topic: Topic<V>): StoreCodec<V> => avroState<V>(topic.value.type)

/** State of one task, by key. Changes since the last commit are kept for the changelog, the last of each key. */
export interface Store<V> {
  get(key: string): V | undefined
  put(key: string, value: V): void
  delete(key: string): void
  /** Deletes what is of a time before this, ms since 1970, about: some of it may go later. Only of a store whose values have one. */
  forgetBefore(time: number): void
  readonly size: number
}

/** State in memory as its changelog has it: all of it, or, of one that lies on a table, what it works with. */
export interface LoggedState {
  readonly size: number
  /** How a table keeps it. */
  readonly order: StateOrder
  /** What is in memory, by the keys under which the changelog has it. */
  entries(): Iterable<[string, unknown]>
  /** Adds what has changed since the last call. */
  takeChanges(changes: OutgoingRecords): void
  /** All that is in it, one value after the other, as the changelog has it. It may be changed in between, and goes on with what it then has. */
  contents(): Generator<StoreChange[], void>
  /** Takes one record of the changelog; {@link restored} makes values of them, before the first is asked for. */
  restore(change: StoreChange): void
  /**
   * Makes values of what has been restored: of copies, for what is decoded may keep its bytes, and these lie in all that one fetch has brought.
   * @throws TopologyError for state that another version has written.
   */
  restored(): void
  /**
   * Has from now on in memory only what it works with, and after a commit no more than so many keys: the rest is in `table`, which gets all
   * of its changes when they are committed, and all that it is to be restored from; {@link restored} follows.
   */
  lieOn(table: StateTable, keysInMemory: number): void
  /** All changes are in the table: what is too much may leave memory. */
  letGo(): void
}

/** A store in memory, restored from its changelog. */
export class MemoryStore<V> implements Store<V>, LoggedState {
  readonly order: StateOrder
  readonly #values = new Map<string, V>()
  readonly #dirty = new Set<string>()
  readonly #pages = new Pages()
  readonly #paging = new Paging((key, value) => this.#take(key, value))
  readonly #codec: StoreCodec<V>
  readonly #timeOf: ((value: V) => number) | undefined
  /** How many more there are than in the table. */
  #added = 0
  /** All of the table up to this time has been brought in. */
  #dueUntil = -Infinity

  /** `timeOf`: what {@link forgetBefore} goes by, ms since 1970; of values that have one page. Default: they have no time. */
  constructor(codec: StoreCodec<V>, timeOf?: (value: V) => number) {
    this.#codec = codec
    this.#timeOf = timeOf
    this.order = {
      keyOf: (key) => key,
      ...(timeOf !== undefined && { timeOf: (_key, bytes) => timeOf(codec.decode(bytes)) }),
    }
  }

  get size(): number {
    return (this.#paging.table?.size ?? 0) + this.#added
  }

  get(key: string): V | undefined {
    this.#paging.bringIn(key)
    return this.#values.get(key)
  }

  put(key: string, value: V): void {
    this.#paging.bringIn(key)
    const before = this.#values.size
    this.#values.set(key, value)
    this.#added += this.#values.size - before
    this.#dirty.add(key)
  }

  delete(key: string): void {
    this.#paging.bringIn(key)
    if (!this.#values.delete(key)) return
    this.#added -= 1
    this.#dirty.add(key)
  }

  forgetBefore(time: number): void {
    const isOlder = (value: V | undefined) => value !== undefined && this.#timeOf!(value) < time
    for (const key of this.#paging.bringInDue(this.#dueUntil, time - 1))
      if (isOlder(this.#values.get(key))) this.delete(key)
    this.#dueUntil = Math.max(this.#dueUntil, time - 1)
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
    this.#added = this.#values.size
  }

  lieOn(table: StateTable, keysInMemory: number): void {
    this.#paging.lieOn(table, keysInMemory)
  }

  letGo(): void {
    this.#added = 0
    if (!this.#paging.letGo()) return
    this.#values.clear()
    this.#pages.letGo()
    this.#dueUntil = -Infinity
  }

  #take(key: string, bytes: Buffer): void {
    this.#values.set(key, this.#codec.decode(bytes))
    this.#pages.bringIn(key, bytes)
  }

  /** The bytes of values that are being restored, in their place: a second map of a million keys takes as long as to read them. */
  get #bytes(): Map<string, Buffer> {
    return this.#values as Map<string, unknown> as Map<string, Buffer>
  }
}
