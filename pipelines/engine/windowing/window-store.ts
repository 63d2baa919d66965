import type { OutgoingRecords } from '../outgoing-records.ts'
import { Pages, type StoreChange, wholePages } from '../pages.ts'
import { type LoggedState, MemoryStore, type StoreCodec, writeState } from '../store.ts'
import type { Windows } from '../windows.ts'
import { cutOf, requireSameCut } from './cut.ts'
import { RestoredWindows } from './restored-windows.ts'
import { type Stored, windowStateCodec } from './window-state-codec.ts'
import { WindowStates } from './window-states.ts'

/** Ids of windows have a colon, this and that of a cut have none. */
const STREAM_TIME = 'stream-time'

/** Windows in memory as their changelog has them, each under its start and key, and the time up to which they have been closed. */
export class WindowStore<State> implements LoggedState {
  readonly windows = new WindowStates<State>('')
  /**
   * Rows that came too late for some of their windows while these were open yet, as others are waited for: kept by window, for the
   * slice that windows share would bring them into all.
   *
   *     windows      |--- closes by what the row carries, and is not to have it, yet open for rows of slower tasks
   *                        |--- has it: by itself, and with its slices when it is asked for
   */
  readonly partlyLate = new WindowStates<State>('partly-late ')
  /** Under {@link STREAM_TIME} and {@link cutOf} a time alone. */
  readonly #times: MemoryStore<Stored<State>>
  readonly #codec: StoreCodec<Stored<State>>
  readonly #all = [this.windows, this.partlyLate]
  readonly #pages = new Pages()
  readonly #restoring: RestoredWindows<State>
  /** Kept here once it has been asked for: every row asks. */
  #streamTime: number | undefined

  constructor(codec: StoreCodec<State>) {
    this.#codec = windowStateCodec(codec)
    this.#times = new MemoryStore(this.#codec)
    this.#restoring = new RestoredWindows(this.#all, this.#codec)
  }

  /** It survives with the windows, so that what has been closed stays closed, whoever goes by which clock. */
  get streamTime(): number {
    return (this.#streamTime ??= this.#times.get(STREAM_TIME)?.time ?? -Infinity)
  }

  set streamTime(time: number) {
    this.#streamTime = time
  }

  /** Remembers how time is cut. */
  rememberCut(windows: Windows): void {
    const cut = cutOf(windows)
    if (this.#times.get(cut) === undefined) this.#times.put(cut, { time: 0 })
  }

  /** @throws TopologyError as {@link requireSameCut} */
  requireSame(name: string, windows: Windows): void {
    requireSameCut(
      name,
      windows,
      Iterator.from(this.#times.entries()).map(([id]) => id),
    )
  }

  /** How many windows there are, or slices of them. */
  get count(): number {
    return this.windows.size + this.partlyLate.size
  }

  get size(): number {
    return this.count + this.#times.size
  }

  *entries(): Generator<[string, Stored<State>], void> {
    yield* this.#times.entries()
    for (const windows of this.#all)
      for (const window of windows) yield [windows.idOf(window), { time: window.time, state: window.state }]
  }

  takeChanges(changes: OutgoingRecords): void {
    const time = this.streamTime
    if (time !== (this.#times.get(STREAM_TIME)?.time ?? -Infinity)) this.#times.put(STREAM_TIME, { time })
    this.#times.takeChanges(changes)
    for (const windows of this.#all)
      for (const window of windows.takeChanged()) {
        if (window.gone) this.#pages.delete(windows.idOf(window), changes)
        else {
          writeState(this.#codec, window, changes.values)
          this.#pages.put(windows.idOf(window), changes)
        }
      }
  }

  restore(change: StoreChange): void {
    if (change.key.includes(':')) this.#pages.restore(change, this.#restoring)
    else this.#times.restore(change)
  }

  restored(): void {
    this.#times.restored()
    this.#pages.restored(this.#restoring)
    this.#restoring.decode()
  }

  *contents(): Generator<StoreChange[], void> {
    yield* this.#times.contents()
    for (const windows of this.#all)
      for (const window of windows) yield wholePages(windows.idOf(window), this.#codec.encode(window))
  }
}
