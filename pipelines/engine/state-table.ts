/**
 * By what a table finds the entries of a store. The id of one, as the changelog has it, ends with the key of the rows that it is of:
 * `1767225600000:a`.
 */
export interface TableIndex {
  /** The key of the rows; undefined for what is kept of all of them. */
  keyOf(id: string): string | undefined
  /** At what time there will be something to do with an entry that begins with these bytes, ms since 1970. Default: never. */
  timeOf?(id: string, firstPage: Buffer): number | undefined
}

/**
 * What a store has committed, on the disk of this machine: the entries of its changelog, by key and by time. Reads are synchronous. It has
 * nothing uncommitted, so a key that has changed stays in memory until its changes are here.
 */
export interface StateTable {
  /** How many entries have a key. */
  readonly size: number
  /** The last time of any entry, ms since 1970. */
  readonly lastTime: number | undefined
  /** All entries of a key; of undefined: those that are of no key. */
  ofKey(key: string | undefined): Iterable<readonly [id: string, value: Buffer]>
  /** Keys that have an entry whose time is later than `after`, up to `until`, by those times; a key may come again. */
  keysDue(after: number, until: number): Iterable<string>
}
