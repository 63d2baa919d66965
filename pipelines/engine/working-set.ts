import type { StateTable } from './state-table.ts'

const NONE: ReadonlySet<string> = new Set()

/**
 * The keys of a store that are in memory, of those in its table: all entries of each key that was asked for since the last eviction. The
 * store goes on as if all were there. Without a table, all is.
 *
 *     load(a)      table ──► a's entries in memory, to be changed
 *     a commit     changes ──► Kafka, then the table
 *     evict()      memory is empty again, if there is much in it
 */
export class WorkingSet {
  /** How many entries the store has more than its table. */
  added = 0
  readonly #take: (id: string, value: Buffer) => void
  readonly #keys = new Set<string>()
  #table: StateTable | undefined
  #keysInMemory = 0
  /** All that is due up to this time is in memory. */
  #dueUntil = -Infinity

  /** `take` is given each entry that is loaded. */
  constructor(take: (id: string, value: Buffer) => void) {
    this.#take = take
  }

  get table(): StateTable | undefined {
    return this.#table
  }

  /** How many entries the store has, here and there. */
  get size(): number {
    return (this.#table?.size ?? 0) + this.added
  }

  /** `keysInMemory`: when there are more, {@link evict} has none stay; those that come again are read again. */
  attachTable(table: StateTable, keysInMemory: number): void {
    this.#table = table
    this.#keysInMemory = keysInMemory
  }

  /** Has all entries of a key in memory. */
  load(key: string): void {
    if (this.#table === undefined || this.#keys.has(key)) return
    this.#keys.add(key)
    for (const [id, value] of this.#table.ofKey(key)) this.#take(id, value)
  }

  /** The same for keys that have an entry with a time up to `until`, ms since 1970. Answers those that had not been asked for so before. */
  loadDue(until: number): ReadonlySet<string> {
    if (until <= this.#dueUntil) return NONE
    const keys = this.loadBetween(this.#dueUntil, until)
    this.#dueUntil = until
    return keys
  }

  /** The same for times later than `after`, up to `until`. */
  loadBetween(after: number, until: number): ReadonlySet<string> {
    if (this.#table === undefined || until <= after) return NONE
    const keys = new Set(this.#table.keysDue(after, until))
    for (const key of keys) this.load(key)
    return keys
  }

  /** To be called when all changes are in the table. Answers whether there are too many keys, and the store is to drop what it has in memory. */
  evict(): boolean {
    this.added = 0
    if (this.#keys.size <= this.#keysInMemory) return false
    this.#keys.clear()
    this.#dueUntil = -Infinity
    return true
  }
}
