import { otherVersion } from './errors.ts'
import type { OutgoingRecords } from './outgoing-records.ts'

const PAGE_BYTES = 512
const DIGIT_0 = 0x30
const NOTHING = Buffer.alloc(0)

/** A change as the changelog has it; null is a deletion. */
export interface StoreChange {
  key: string
  value: Buffer | null
}

/** Where values lie, by key, while they are restored. */
export interface Values {
  get(key: string): Buffer | undefined
  set(key: string, value: Buffer): void
  delete(key: string): void
}

/** The digits of a text up to `end` as a number, if there are any and nothing else. */
function numberBefore(text: string, end: number): number | undefined {
  let number = 0
  for (let at = 0; at < end; at += 1) {
    const digit = text.charCodeAt(at) - DIGIT_0
    if (digit < 0 || digit > 9) return undefined
    number = 10 * number + digit
  }
  return end > 0 ? number : undefined
}

const pageKey = (page: number, key: string) => `${page}/${key}`

/** Which page of which value a key of the changelog is. @throws TopologyError on one that is not of these pages. */
export function placeInLog(changelogKey: string): { page: number; id: string } {
  const slash = changelogKey.indexOf('/')
  const page = numberBefore(changelogKey, slash)
  if (page === undefined) throw otherVersion('a changelog')
  return { page, id: changelogKey.slice(slash + 1) }
}

/** The pages of a value: an empty one has one, and what is not there has none. */
function pagesOf(value: Buffer | undefined): Buffer[] {
  if (value === undefined) return []
  const count = Math.max(1, Math.ceil(value.length / PAGE_BYTES))
  return Array.from({ length: count }, (_, page) =>
    value.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES),
  )
}

/** All pages of a value. */
export const wholePages = (key: string, value: Buffer): StoreChange[] =>
  pagesOf(value).map((page, index) => ({ key: pageKey(index, key), value: page }))

/**
 * The values of a store as its changelog has them: cut into pages, of which only those that differ are written again.
 * So a value that grows at its end costs Kafka what it grows by and not what it is, and may be larger than a message.
 *
 *     key a, 1,100 bytes     0/a = bytes 0 … 511     1/a = bytes 512 … 1,023     2/a = the rest
 */
export class Pages {
  /** Only of values that have more than one page. */
  readonly #written = new Map<string, Buffer[]>()
  /** Of values that have more than one page, while they are restored. */
  readonly #restored = new Map<string, Buffer[]>()

  /**
   * Takes one record of the changelog; `values` gets what has one page at once, and the others with {@link restored}. Until then it is
   * theirs alone. @throws on one that is not of these pages.
   */
  restore({ key, value }: StoreChange, values: Values): void {
    const { page, id } = placeInLog(key)
    const pages = this.#restored.get(id)
    if (value === null && page === 0) {
      // Written again it is behind what was written meanwhile, as in the store.
      values.delete(id)
      this.#restored.delete(id)
    } else if (pages !== undefined) {
      if (value === null) pages.length = Math.min(pages.length, page)
      else pages[page] = value
    } else if (value !== null) {
      if (page === 0 && value.length < PAGE_BYTES) values.set(id, value)
      else this.#growing(id, values)[page] = value
    }
  }

  #growing(id: string, values: Values): Buffer[] {
    const first = values.get(id)
    const pages = first === undefined ? [] : [first]
    if (first === undefined) values.set(id, NOTHING)
    this.#restored.set(id, pages)
    return pages
  }

  /** Adds what is to be written so that the changelog has under `key` the value that has been written into `changes` last. */
  put(key: string, changes: OutgoingRecords): void {
    const length = changes.values.length - changes.start(changes.count)
    // Nearly all: one page, before and now.
    if (length <= PAGE_BYTES && !this.#hasMore(key)) changes.add(pageKey(0, key))
    // What is kept is copied, for the value lies in memory with many that are not.
    else this.#write(key, Buffer.from(changes.takeBack()), changes)
  }

  /** The same so that it has nothing under `key`. */
  delete(key: string, changes: OutgoingRecords): void {
    if (this.#hasMore(key)) this.#write(key, undefined, changes)
    else changes.addNull(pageKey(0, key))
  }

  /** Whether the changelog has more than one page of it. Most stores have no such value: then the key need not be hashed. */
  #hasMore(key: string): boolean {
    return this.#written.size > 0 && this.#written.has(key)
  }

  #write(key: string, value: Buffer | undefined, changes: OutgoingRecords): void {
    const [before, now] = [this.#written.get(key) ?? [], pagesOf(value)]
    if (now.length > 1) this.#written.set(key, now)
    else this.#written.delete(key)
    for (let page = 0; page < Math.max(1, before.length, now.length); page++) {
      const [was, is] = [before[page], now[page]]
      if (is === undefined) changes.addNull(pageKey(page, key))
      else if (was?.equals(is) !== true) {
        changes.values.bytes(is)
        changes.add(pageKey(page, key))
      }
    }
  }

  /** The changelog has this value, which has been read from a table. */
  loaded(key: string, value: Buffer): void {
    if (value.length > PAGE_BYTES) this.#written.set(key, pagesOf(value))
  }

  /** Forgets what the changelog has. */
  evict(): void {
    this.#written.clear()
  }

  /** Gives `values` all that the changelog's records amount to. */
  restored(values: Values): void {
    for (const [key, pages] of this.#restored) {
      if (pages.length > 1) this.#written.set(key, pages)
      values.set(key, Buffer.concat(pages))
    }
    this.#restored.clear()
  }
}
