import type { StateTable } from './state-table.ts'

/**
 * What a store has in memory of the table that it lies on: all entries of the keys that it has worked with since it last let go, and none
 * of the others. So it goes on as if all of it were there, and looks nowhere else. Without a table all is there.
 *
 *     bringIn(a)     table ──► a's entries in memory, to be changed
 *     commit         changes ──► Kafka, then the table
 *     letGo()        memory is empty again, if it is large
 */
export class Paging {
  readonly #take: (id: string, value: Buffer) => void
  readonly #keys = new Set<string>()
  #table: StateTable | undefined
  #keysInMemory = 0

  /** `take` is given each entry that is brought in. */
  constructor(take: (id: string, value: Buffer) => void) {
    this.#take = take
  }

  get table(): StateTable | undefined {
    return this.#table
  }

  /** `keysInMemory`: more are not kept after a commit; most of the next rows are of those that there were. */
  lieOn(table: StateTable, keysInMemory: number): void {
    this.#table = table
    this.#keysInMemory = keysInMemory
  }

  /** Has all entries of a key in memory. */
  bringIn(key: string): void {
    if (this.#table === undefined || this.#keys.has(key)) return
    this.#keys.add(key)
    for (const [id, value] of this.#table.ofKey(key)) this.#take(id, value)
  }

  /** The same for keys that have an entry with a time later than `after`, up to `until`, ms since 1970; answers these. */
  bringInDue(after: number, until: number): Iterable<string> {
    if (this.#table === undefined || until <= after) return []
    const keys = new Set(this.#table.keysDue(after, until))
    for (const key of keys) this.bringIn(key)
    return keys
  }

  /** All that is in memory is in the table, too. Answers whether the store is to forget it now. */
  letGo(): boolean {
    if (this.#keys.size <= this.#keysInMemory) return false
    this.#keys.clear()
    return true
  }
}
