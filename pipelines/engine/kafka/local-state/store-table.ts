import { crc32c } from '@node-rs/crc32'
import { createHash } from 'node:crypto'
import { StateError } from '../../errors.ts'
import { type StoreChange, placeInLog } from '../../pages.ts'
import type { StateTable, TableIndex } from '../../state-table.ts'
import type { StateFile, TableChange, TableKey } from './state-file.ts'

/** In bytes; LMDB's keys have at most 1,978. */
const LONGEST_KEY = 1_000
/** Before the hash that stands for a key that cannot lie there itself. */
const HASHED = '\u0001'
/** These end a text or hide others in LMDB's keys; in texts of 64 and more it takes them as they are. */
const CONTROLS = /[\0-\u0004]/
/** What stands for the key of what is of no key. */
const NO_KEY = false
/** Comes behind all heads. */
const BEHIND_HEADS = '\uffff'
const CRC_BYTES = 4
const LENGTH_BYTES = 4
const NOTHING = Buffer.alloc(0)

/** An entry's place: the key of its rows, as it lies there, and what its id has before it. */
interface Place {
  key: string | false
  head: string
}

/**
 * The table of one store in LMDB: the pages of its values as the changelog has them, those of a key together, and an index by time.
 *
 *     page  store  key  head  page   ──►  CRC-32C, bytes         head + key is the entry's id: `1767225600000:` + `a`
 *     time  store  time  key  head   ──►  nothing
 *
 * LMDB has no checksums, so each page has one. A key that is too long for LMDB, or that it would not give back as it is, has a hash in its
 * place, and stands before the bytes of the first page.
 */
export class StoreTable implements StateTable {
  readonly #file: StateFile
  readonly #store: string
  readonly #index: TableIndex
  readonly #name: string
  #size: number

  /** `name`: what an error calls it; `size`: as the file has it. */
  constructor(
    file: StateFile,
    { store, index, name, size }: { store: string; index: TableIndex; name: string; size: number },
  ) {
    this.#file = file
    this.#store = store
    this.#index = index
    this.#name = name
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  get lastTime(): number | undefined {
    const last = this.#file.lastKey({ start: this.#timeKey(-Infinity), end: this.#timeKey(Infinity) })
    return last?.[2] as number | undefined
  }

  *ofKey(key: string | undefined): Generator<[id: string, value: Buffer], void> {
    const short = shortened(key)
    const range = { start: ['page', this.#store, short], end: ['page', this.#store, short, BEHIND_HEADS] }
    let entry: { head: string; pages: Buffer[] } | undefined
    for (const { key: place, value } of this.#file.range(range)) {
      const head = place[3] as string
      if (entry?.head === head) entry.pages.push(this.#checked(value))
      else {
        if (entry !== undefined) yield [entry.head + (key ?? ''), whole(entry.pages)]
        entry = { head, pages: [this.#firstPageIn(value, short).bytes] }
      }
    }
    if (entry !== undefined) yield [entry.head + (key ?? ''), whole(entry.pages)]
  }

  *keysDue(after: number, until: number): Generator<string, void> {
    const range = { start: this.#timeKey(after), end: this.#timeKey(until + 1) }
    for (const { key: place } of this.#file.range(range)) {
      const [, , time, key, head] = place as [string, string, number, string, string]
      // Times are whole, but they need not be.
      if (time > after && time <= until) yield isHashed(key) ? this.#keyBehind({ key, head }) : key
    }
  }

  #keyBehind(place: Place): string {
    const value = this.#file.get(this.#pageKey(place, 0))
    return this.#firstPageIn(value ?? NOTHING, place.key).key!
  }

  /** What is to be written for records of the changelog, of which the last of a page counts. From now on {@link size} is as if it were. */
  changesFor(records: Iterable<StoreChange>): TableChange[] {
    const changes: TableChange[] = []
    const pages = new Map<string, Buffer | null>()
    for (const { key, value } of records) pages.set(key, value)
    for (const [changelogKey, value] of pages) {
      const { page, id } = placeInLog(changelogKey)
      const key = this.#index.keyOf(id)
      const place = {
        key: shortened(key),
        head: key === undefined ? id : id.slice(0, id.length - key.length),
      }
      if (page === 0) changes.push(...this.#firstPageChanges(id, key, place, value))
      else changes.push([this.#pageKey(place, page), value === null ? undefined : withChecksum(value)])
    }
    return changes
  }

  *#firstPageChanges(
    id: string,
    key: string | undefined,
    place: Place,
    value: Buffer | null,
  ): Generator<TableChange, void> {
    const at = this.#pageKey(place, 0)
    const found = this.#file.get(at)
    const before = found === undefined ? null : this.#firstPageIn(found, place.key).bytes
    if (key !== undefined) this.#size += Number(value !== null) - Number(before !== null)
    const [was, is] = [before, value].map((page) =>
      page === null ? undefined : this.#index.timeOf?.(id, page),
    )
    if (was !== undefined && was !== is) yield [this.#timeKey(was, place), undefined]
    if (is !== undefined && was !== is) yield [this.#timeKey(is, place), NOTHING]
    yield [at, value === null ? undefined : withChecksum(isHashed(place.key) ? withKey(key!, value) : value)]
  }

  /** The key, where a hash lies in its place, and the bytes. */
  #firstPageIn(value: Buffer, key: string | false): { key?: string; bytes: Buffer } {
    const bytes = this.#checked(value)
    if (!isHashed(key)) return { bytes }
    const end = LENGTH_BYTES + bytes.readUInt32BE()
    return { key: bytes.toString('utf16le', LENGTH_BYTES, end), bytes: bytes.subarray(end) }
  }

  /** @throws StateError unless the bytes are those that were written; the next start does not read the file. */
  #checked(value: Buffer): Buffer {
    const bytes = value.subarray(CRC_BYTES)
    if (value.length >= CRC_BYTES && crc32c(bytes) === value.readUInt32BE()) return bytes
    this.#file.distrust()
    throw new StateError(
      `what STATE_DIR has of ${this.#name} is not what was written (CRC-32C): start again, and it is made anew from the changelog`,
    )
  }

  #pageKey({ key, head }: Place, page: number): TableKey {
    return ['page', this.#store, key, head, page]
  }

  #timeKey(time: number, place?: Place): TableKey {
    // LMDB has -0 behind all other times.
    return ['time', this.#store, time + 0, ...(place === undefined ? [] : [place.key, place.head])]
  }
}

function shortened(key: string | undefined): string | false {
  if (key === undefined) return NO_KEY
  if (Buffer.byteLength(key) <= LONGEST_KEY && !CONTROLS.test(key) && key.isWellFormed()) return key
  return HASHED + createHash('sha256').update(bytesOf(key)).digest('base64')
}

/** UTF-8 would have one character for all halves of one. */
const bytesOf = (key: string) => Buffer.from(key, 'utf16le')

const isHashed = (key: string | false): boolean => key !== NO_KEY && key.startsWith(HASHED)

function withChecksum(bytes: Buffer): Buffer {
  const value = Buffer.allocUnsafe(CRC_BYTES + bytes.length)
  value.writeUInt32BE(crc32c(bytes))
  value.set(bytes, CRC_BYTES)
  return value
}

function withKey(key: string, page: Buffer): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES)
  const bytes = bytesOf(key)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes, page])
}

const whole = (pages: Buffer[]) => (pages.length === 1 ? pages[0]! : Buffer.concat(pages))
