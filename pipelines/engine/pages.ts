import { otherVersion } from './errors.ts'

const PAGE_BYTES = 512

/** A change as the changelog has it; null is a deletion. */
export interface StoreChange {
  key: string
  value: Buffer | null
}

const pageKey = (page: number, key: string) => `${page}/${key}`

/** The pages of a value: an empty one has one, and what is not there has none. */
function pagesOf(value: Buffer | undefined): Buffer[] {
  if (value === undefined) return []
  const count = Math.max(1, Math.ceil(value.length / PAGE_BYTES))
  return Array.from({ length: count }, (_, page) =>
    value.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES),
  )
}

/**
 * The values of a store as its changelog has them: cut into pages, of which only those that differ are written again.
 * So a value that grows at its end costs Kafka what it grows by and not what it is, and may be larger than a message.
 *
 *     key a, 1,100 bytes     0/a = bytes 0 … 511     1/a = bytes 512 … 1,023     2/a = the rest
 */
export class Pages {
  /** Only of values that have more than one page. */
  readonly #written = new Map<string, Buffer[]>()
  readonly #restored = new Map<string, Buffer[]>()

  /** Takes one record of the changelog. @throws on one that is not of these pages. */
  restore({ key, value }: StoreChange): void {
    const [, index, id] = /^(\d+)\/(.*)$/s.exec(key) ?? []
    if (id === undefined) throw otherVersion('a changelog')
    const page = Number(index)
    const pages = this.#restored.get(id) ?? []
    if (value !== null) {
      pages[page] = value
      this.#restored.set(id, pages)
    } else if (page === 0) {
      // Written again it is behind what was written meanwhile, as in the store.
      this.#restored.delete(id)
    } else {
      pages.length = Math.min(pages.length, page)
    }
  }

  /** What is to be written so that the changelog has `value` under `key`; undefined deletes. */
  changes(key: string, value: Buffer | undefined): StoreChange[] {
    // Nearly all: one page, before and now.
    if ((value === undefined || value.length <= PAGE_BYTES) && !this.#written.has(key))
      return [{ key: pageKey(0, key), value: value ?? null }]
    const changes: StoreChange[] = []
    const [before, now] = [this.#written.get(key) ?? [], pagesOf(value)]
    if (now.length > 1) this.#written.set(key, now)
    else this.#written.delete(key)
    for (let page = 0; page < Math.max(1, before.length, now.length); page++) {
      const [was, is] = [before[page], now[page]]
      const same = was !== undefined && is?.equals(was)
      if (!same) changes.push({ key: pageKey(page, key), value: is ?? null })
    }
    return changes
  }

  /** The values that the changelog's records amount to. */
  *restored(): Generator<[key: string, value: Buffer]> {
    for (const [key, pages] of this.#restored) {
      if (pages.length > 1) this.#written.set(key, pages)
      yield [key, Buffer.concat(pages)]
    }
    this.#restored.clear()
  }
}
