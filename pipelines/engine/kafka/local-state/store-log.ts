import type { StoreChange } from '../../pages.ts'
import type { LoggedState } from '../../logged-state.ts'
import { BlockWriter } from './blocks.ts'
import { FORMATS, type Identity, identify } from './identity.ts'
import type { LogEntry, LogWrite } from './state-file.ts'

/** How much is written, and how often. */
export interface LogPace {
  /** So many records of the store as it is are written with a commit, at least, until it has been gone through. */
  recordsASlice: number
  /** A store is gone through again when its blocks hold {@link RECORDS_A_VALUE} times its values, and so many records more. */
  recordsToSpare: number
}

const PACE: LogPace = { recordsASlice: 4_000, recordsToSpare: 50_000 }
/** Of what a commit changes so many times as much, or a store that grows would never be gone through. */
const SLICES_A_CHANGE = 4
const RECORDS_A_VALUE = 2

export interface LoggedStore {
  store: string
  state: LoggedState
  identity: Identity
  /** The first offset of the changelog that is not in the snapshot, or that is to be read. */
  offset: bigint
}

/** A store that is being gone through while it is at work. */
interface Pass {
  values: Generator<StoreChange[], void>
  /** Its first block. */
  first: number
  records: number
}

/**
 * The snapshot of one store: what each commit changes is written behind what there is, and from time to time, a slice with each
 * commit, the store as it is. When it has been gone through, all from before that is dropped.
 *
 *     blocks   |  from before  | slice 1 · change · slice 2 · change · change · last slice | change · change
 *                                ^ from here on it is whole, when the last slice is there
 *
 * Read in order they give the store as of the last change: what a slice has is never older than the changes before it.
 */
export class StoreLog {
  readonly #store: string
  readonly #state: LoggedState
  readonly #identity: Identity
  readonly #pace: LogPace
  readonly #blocks = new BlockWriter()
  #pass: Pass | undefined
  #whole: boolean
  #dropped = 0
  #first = 0
  #next = 0
  #records = 0
  #offset: bigint
  #changed = 0

  /** Goes on behind what `entry` says is there; without it, it begins anew, with the changelog at `offset`. */
  constructor({ store, state, identity, offset }: LoggedStore, entry: LogEntry | undefined, pace = PACE) {
    this.#pace = pace
    this.#store = store
    this.#state = state
    this.#identity = identity
    this.#whole = entry !== undefined
    this.#offset = offset
    if (entry === undefined) return
    const { first, next, records } = entry
    this.#dropped = this.#first = first
    this.#next = next
    this.#records = records
  }

  /** Bytes that wait to be written. */
  get bytes(): number {
    return this.#blocks.bytes
  }

  /** Takes a record that has been committed to the changelog. */
  add(change: StoreChange): void {
    this.#changed += 1
    this.#write(change)
  }

  /** The store has been given these records of the changelog, all before `next`. What begins anew has them from the store. */
  restored(changes: readonly StoreChange[], next: bigint): void {
    if (this.#whole) for (const change of changes) this.#write(change)
    this.#offset = next
  }

  /**
   * All of the changelog before `offset` has been added; undefined: nothing was to be. The store has nothing in it that has not been
   * committed: some of it is written now, if its turn has come.
   */
  committed(offset: bigint | undefined): void {
    this.#offset = offset ?? this.#offset
    const full = this.#records > RECORDS_A_VALUE * this.#state.size + this.#pace.recordsToSpare
    if (this.#pass === undefined && (full || !this.#whole)) {
      const first = this.#next + this.#blocks.seal()
      this.#pass = { values: this.#state.contents(), first, records: 0 }
    }
    if (this.#pass !== undefined) this.#goOn(this.#pass)
    this.#changed = 0
  }

  #goOn(pass: Pass): void {
    const until = pass.records + Math.max(this.#pace.recordsASlice, SLICES_A_CHANGE * this.#changed)
    while (pass.records < until) {
      const next = pass.values.next()
      if (next.done === true) {
        this.#first = pass.first
        this.#records = pass.records
        this.#whole = true
        this.#pass = undefined
        return
      }
      for (const change of next.value) this.#write(change)
    }
  }

  #write(change: StoreChange): void {
    this.#blocks.add(change)
    this.#records += 1
    if (this.#pass !== undefined) this.#pass.records += 1
  }

  /** What is to be written into the file; each is, or nothing may be any more. `now` is in ms since 1970. */
  take(now: number): LogWrite {
    const blocks = this.#blocks.take().map((bytes): [number, Buffer] => [this.#next++, bytes])
    const dropped: [number, number] = [this.#dropped, this.#first]
    this.#dropped = this.#first
    return { store: this.#store, blocks, dropped, entry: this.#whole ? this.#entry(now) : undefined }
  }

  #entry(writtenAt: number): LogEntry {
    return {
      identity: identify(FORMATS.log, this.#identity),
      first: this.#first,
      next: this.#next,
      records: this.#records,
      offset: String(this.#offset),
      writtenAt,
    }
  }
}
