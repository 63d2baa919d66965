/**
 * How the entries of a store are found on a disk. An entry's id, as the changelog has it, ends with the key of the rows that it is of:
 * `1767225600000:a`.
 */
export interface StateOrder {
  /** The key of the rows; undefined for what is kept of all of them. */
  keyOf(id: string): string | undefined
  /** At what time there will be something to do with an entry that begins with these bytes, ms since 1970. Default: never. */
  timeOf?(id: string, firstPage: Buffer): number | undefined
}

/**
 * What a store has committed, on the disk of this machine, for a store that is larger than memory: its changelog's entries by key and by
 * time. It never has what is not committed, and is read at once: who has put a key's entries to work keeps them in memory until they are in.
 */
export interface StateTable {
  /** How many entries there are of rows. */
  readonly size: number
  /** The last time of any entry, ms since 1970. */
  readonly lastTime: number | undefined
  /** All entries of a key; of undefined: those that are of no key. */
  ofKey(key: string | undefined): Iterable<readonly [id: string, value: Buffer]>
  /** Keys that have an entry whose time is later than `after`, up to `until`, by those times; a key may come again. */
  keysDue(after: number, until: number): Iterable<string>
}
