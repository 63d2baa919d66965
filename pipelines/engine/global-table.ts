import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import type { StoreChange } from './pages.ts'

/**
 * The last value by key of a whole topic, all partitions of it, in every process: `joinGlobal` looks up in it by any key. It is
 * not co-partitioned with anything, advances no stream time and has no changelog: each process reads the topic anew.
 */
export class GlobalTable<V> {
  readonly topic: Topic<V>
  readonly #values = new Map<string, V>()

  constructor(topic: Topic<V>) {
    this.topic = topic
  }

  /** For operators: what the table holds now. */
  lookUp(key: string): V | undefined {
    return this.#values.get(key)
  }

  /** @throws DecodeError and keeps what it has. */
  take({ key, value }: StoreChange, codec: Codec): void {
    if (value === null) this.#values.delete(key)
    else this.#values.set(key, codec.decode(this.topic, value))
  }
}

/** The global tables of a process: of each topic one copy, which all its tasks share. */
export class GlobalTables {
  readonly #tables = new Map<string, GlobalTable<unknown>>()

  get topics(): Topic<unknown>[] {
    return [...this.#tables.values()].map(({ topic }) => topic)
  }

  of<V>(topic: Topic<V>): GlobalTable<V> {
    const table = this.#tables.get(topic.name) ?? new GlobalTable<unknown>(topic)
    this.#tables.set(topic.name, table)
    return table as GlobalTable<V>
  }

  /**
   * Takes a record of topic `name` (without prefix), if that is one of them. Answers why it could not: every process meets such a
   * record at each start, so that it is no dead letter but passed over, and the table keeps what it has.
   */
  take(name: string, change: StoreChange, codec: Codec): string | undefined {
    try {
      this.#tables.get(name)?.take(change, codec)
      return undefined
    } catch (error) {
      if (error instanceof DecodeError) return error.reason
      throw error
    }
  }
}
