const PAGE_BYTES = 512
const NOT_OURS =
  'a changelog was written by another version: begin anew under another APPLICATION_ID or, locally, another data folder'

/** A change as the changelog has it; null is a deletion. */
export interface StoreChange {
  key: string
  value: Buffer | null
}

const pageKey = (page: number, key: string) => `${page}/${key}`

const pagesOf = (value: Buffer | undefined) => Math.ceil((value?.length ?? 0) / PAGE_BYTES)

const page = (value: Buffer, index: number) => value.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES)

/**
 * The values of a store as its changelog has them: cut into pages, of which only those that differ are written again.
 * So a value that grows at its end costs what it grows by and not what it is, and may be larger than a message.
 *
 *     key a, 1,100 bytes     0/a = bytes 0 … 511     1/a = bytes 512 … 1,023     2/a = the rest
 */
export class Pages {
  /** Only of values that have more than one page. */
  readonly #written = new Map<string, Buffer>()
  readonly #restored = new Map<string, Buffer[]>()

  /** Takes one record of the changelog. @throws on one that is not of these pages. */
  restore({ key, value }: StoreChange): void {
    const [, index, id] = /^(\d+)\/(.*)$/s.exec(key) ?? []
    if (id === undefined) throw new Error(NOT_OURS)
    const pages = this.#restored.get(id) ?? []
    this.#restored.set(id, pages)
    if (value === null) pages.length = Math.min(pages.length, Number(index))
    else pages[Number(index)] = value
  }

  /** What is to be written so that the changelog has `value` under `key`; undefined deletes. */
  *changes(key: string, value: Buffer | undefined): Generator<StoreChange> {
    const before = this.#written.get(key)
    if (value !== undefined && value.length > PAGE_BYTES) this.#written.set(key, value)
    else this.#written.delete(key)
    const pages = Math.max(1, pagesOf(value), pagesOf(before))
    for (let index = 0; index < pages; index++) {
      const now = value !== undefined && index < Math.max(1, pagesOf(value)) ? page(value, index) : null
      const same = now !== null && before !== undefined && now.equals(page(before, index))
      if (!same) yield { key: pageKey(index, key), value: now }
    }
  }

  /** The values that the changelog's records amount to. */
  *restored(): Generator<[key: string, value: Buffer]> {
    for (const [key, pages] of this.#restored) {
      if (pages.length === 0) continue
      const value = Buffer.concat(pages)
      if (pages.length > 1) this.#written.set(key, value)
      yield [key, value]
    }
    this.#restored.clear()
  }
}
