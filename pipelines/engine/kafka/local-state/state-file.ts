import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Key, type RootDatabase, open } from 'lmdb'
import { requireWhole } from './require-whole.ts'
import { StateFileError } from './state-file-error.ts'
/** What the file has of one store. */
export interface StoreEntry {
  /** What it is of: see `identity.ts`. */
  identity: unknown
  /** How many there are: records in the blocks of a log, or entries of a table that have a key. */
  records: number
  /** The first offset of the changelog that is not in them. */
  offset: string
  /** When it was written, ms since 1970. */
  writtenAt: number
}

/** The same of a snapshot: it is in blocks `first` up to `next`, without that. */
export interface LogEntry extends StoreEntry {
  first: number
  next: number
}

/** What is to be written of a snapshot. Without an entry its blocks do not amount to one yet. */
export interface LogWrite {
  store: string
  blocks: readonly [index: number, bytes: Buffer][]
  /** Blocks that are not needed any more. */
  dropped: readonly [from: number, until: number]
  entry: LogEntry | undefined
}

/** Where something of a table lies in the file; LMDB orders by the first part, then by the second … */
export type TableKey = readonly (string | number | false)[]
/** A value of undefined: nothing is to lie there any more. */
export type TableChange = readonly [key: TableKey, value: Buffer | undefined]

/** What is to be written of a table. */
export interface TableWrite {
  store: string
  changes: readonly TableChange[]
  entry?: StoreEntry
}

/** From `start` to before `end`. */
interface TableRange {
  start: TableKey
  end: TableKey
}

const OPTIONS = {
  noSubdir: false,
  // Of addresses, not of memory. When a file outgrows its map it is mapped once more, and each of its pages counts twice.
  mapSize: 64 * 1024 ** 3,
  encoding: 'binary',
  useVersions: true,
  // Each write is one. What is gathered from several has a promise that nobody gets: it ends the process if the disk is full.
  eventTurnBatching: false,
} as const
const DATA = 'data.mdb'
const READING = 'reading'
const OWNER = 'owner'
const ANY_VERSION = 1
const LARGEST_OWNER = 2 ** 47

const entryKey = (store: string) => ['entry', store]
const blockKey = (store: string, index: number) => ['block', store, index]

/**
 * The LMDB file of one task, in a folder of its own. The last who has opened it owns it: a process that was stopped for a while, and
 * wakes when another goes on with its task, changes nothing any more.
 */
export class StateFile {
  readonly #db: RootDatabase<Buffer>
  readonly #owner: number
  readonly #reading: string
  #closed = false
  /** LMDB does not end what could not be written. */
  #failed = false
  /** Who reads tables, and dies before it is known that this was not the file's fault, leaves the mark of an unreadable one. */
  #trial: 'to come' | 'under way' | 'over' = 'to come'

  private constructor(db: RootDatabase<Buffer>, owner: number, reading: string) {
    this.#db = db
    this.#owner = owner
    this.#reading = reading
  }

  /**
   * Opens it, or begins one. LMDB trusts its file and would end the process over a broken one: what can be seen of that is looked at
   * before, and of the rest a mark is left, so that the next start does not try again.
   * @throws StateFileError for a file that cannot be used
   */
  static open(folder: string): StateFile {
    const [data, reading] = [join(folder, DATA), join(folder, READING)]
    mkdirSync(folder, { recursive: true })
    if (existsSync(data)) {
      if (existsSync(reading))
        throw new StateFileError('unreadable', 'a process that read it has ended before it was through')
      requireWhole(data)
    }
    writeFileSync(reading, '')
    const owner = randomInt(ANY_VERSION + 1, LARGEST_OWNER)
    try {
      const db = open<Buffer>({ path: folder, ...OPTIONS })
      const file = new StateFile(db, owner, reading)
      file.#own()
      return file
    } catch (cause) {
      throw new StateFileError('unreadable', 'LMDB does not open it', { cause })
    }
  }

  #own(): void {
    this.#db.transactionSync(() => void this.#db.put(OWNER, Buffer.alloc(0), this.#owner))
  }

  static remove(folder: string): void {
    rmSync(folder, { recursive: true, force: true })
  }

  /** Which kind it is tells its identity. */
  entry(store: string): LogEntry | undefined {
    const bytes = this.#db.get(entryKey(store))
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as LogEntry)
  }

  /** The blocks of an entry, in order. @throws StateFileError if one is missing */
  blocks(store: string, { first, next }: LogEntry): Buffer[] {
    const range = { start: blockKey(store, first), end: blockKey(store, next) }
    const blocks = [...this.#db.getRange(range)].map(({ value }) => value)
    if (blocks.length !== next - first)
      throw new StateFileError('torn', `of its ${next - first} blocks it has ${blocks.length}`)
    return blocks
  }

  /** All that was to be read has been. */
  hasBeenRead(): void {
    rmSync(this.#reading, { force: true })
  }

  /** What has been read of tables so far was good. `forGood`: what will be read is taken for good, too. */
  trust({ forGood }: { forGood: boolean }): void {
    if (this.#trial === 'under way') this.hasBeenRead()
    this.#trial = forGood || this.#trial === 'over' ? 'over' : 'to come'
  }

  /** The next start is not to open it. */
  distrust(): void {
    writeFileSync(this.#reading, '')
    this.#trial = 'over'
  }

  /** What lies under a key of a table. */
  get(key: TableKey): Buffer | undefined {
    this.#beginTrial()
    return this.#db.get([...key])
  }

  /** What lies in a range of a table, in the order of LMDB's keys. */
  range({ start, end }: TableRange): Iterable<{ key: TableKey; value: Buffer }> {
    this.#beginTrial()
    const found: Iterable<{ key: unknown; value: Buffer }> = this.#db.getRange({
      start: [...start],
      end: [...end],
    })
    return found as Iterable<{ key: TableKey; value: Buffer }>
  }

  /** The last key of a range. */
  lastKey({ start, end }: TableRange): TableKey | undefined {
    this.#beginTrial()
    const [last] = this.#db.getKeys({ start: [...end], end: [...start], reverse: true, limit: 1 })
    return last as TableKey | undefined
  }

  #beginTrial(): void {
    if (this.#trial !== 'to come') return
    writeFileSync(this.#reading, '')
    this.#trial = 'under way'
  }

  /** Forgets all that it has, of whatever store and format. */
  empty(): void {
    this.#db.clearSync()
    this.#own()
  }

  /** Forgets the blocks that it has of a store. */
  clear(store: string): void {
    const range = { start: blockKey(store, 0), end: blockKey(store, Infinity) }
    this.#db.transactionSync(() => {
      void this.#db.remove(entryKey(store))
      for (const key of [...this.#db.getKeys(range)]) void this.#db.remove(key)
    })
  }

  /**
   * Writes all of it or nothing, beside whatever else runs. Answers whether the file is still its own.
   * @throws what the operating system says: the disk may be full
   */
  write(writes: readonly LogWrite[]): Promise<boolean> {
    return this.#ifOwned(() => {
      for (const { store, blocks, dropped, entry } of writes) {
        for (const [index, bytes] of blocks) this.#put(blockKey(store, index), bytes)
        for (let index = dropped[0]; index < dropped[1]; index += 1)
          this.#put(blockKey(store, index), undefined)
        this.#putEntry(store, entry)
      }
    })
  }

  /** The same of tables; a value of undefined removes its key. */
  writeTables(writes: readonly TableWrite[]): Promise<boolean> {
    return this.#ifOwned(() => {
      for (const { store, changes, entry } of writes) {
        for (const [key, value] of changes) this.#put([...key], value)
        this.#putEntry(store, entry)
      }
    })
  }

  async #ifOwned(put: () => void): Promise<boolean> {
    try {
      return await this.#db.ifVersion(OWNER, this.#owner, put)
    } catch (error) {
      this.#failed = true
      throw await reasonOf(error)
    }
  }

  #put(key: Key, value: Buffer | undefined): void {
    if (value === undefined) void this.#db.remove(key)
    else void this.#db.put(key, value, ANY_VERSION)
  }

  #putEntry(store: string, entry: StoreEntry | undefined): void {
    if (entry !== undefined) this.#put(entryKey(store), Buffer.from(JSON.stringify(entry)))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.trust({ forGood: true })
    const closing = this.#db.close()
    if (!this.#failed) await closing
  }
}

/** LMDB says why a commit has failed a moment later, and ends the process unless somebody listens. */
function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> }
  const reason = commitError?.catch((why: unknown) => why) ?? Promise.resolve(error)
  return Promise.race([reason, setImmediate(error)])
}
