import type { OutgoingRecords } from '../outgoing-records.ts'
import { Pages, type StoreChange, wholePages } from '../pages.ts'
import { WorkingSet } from '../working-set.ts'
import type { TableIndex, StateTable } from '../state-table.ts'
import type { LoggedState } from '../logged-state.ts'
import { KeyValueStore } from '../store.ts'
import { type StoreCodec, writeState } from '../store-codec.ts'
import type { Windows } from '../windows.ts'
import { cutOf, requireSameCut } from './cut.ts'
import { RestoredWindows } from './restored-windows.ts'
import { placeIn } from './window-ids.ts'
import { type Stored, timeIn, windowStateCodec } from './window-state-codec.ts'
import { type KeptWindow, WindowStates } from './window-states.ts'

/** Ids of windows have a colon, this and that of a cut have none. */
const STREAM_TIME = 'stream-time'

/** Windows in memory as their changelog has them, each under its start and key, and the time up to which they have been closed. */
export class WindowStore<State> implements LoggedState {
  readonly index: TableIndex
  readonly windows = new WindowStates<State>('')
  readonly workingSet = new WorkingSet((id, bytes) => this.#take(id, bytes))
  /**
   * Rows that came too late for some of their windows while these were open yet, as others are waited for: kept by window, for the
   * slice that windows share would bring them into all.
   *
   *     windows      |--- closes by what the row carries, and is not to have it, yet open for rows of slower tasks
   *                        |--- has it: by itself, and with its slices when it is asked for
   */
  readonly partlyLate = new WindowStates<State>('partly-late ')
  /** Under {@link STREAM_TIME} and {@link cutOf} a time alone. */
  readonly #times: KeyValueStore<Stored<State>>
  readonly #codec: StoreCodec<Stored<State>>
  readonly #all = [this.windows, this.partlyLate]
  readonly #pages = new Pages()
  readonly #restoring: RestoredWindows<State>
  #onLoad: ((window: KeptWindow<State>) => void) | undefined
  #generation = 0
  /** Kept here once it has been asked for: every row asks. */
  #streamTime: number | undefined

  /** `due`: by which of a window's times there is something to do with it, its start or the largest timestamp in it. */
  constructor(codec: StoreCodec<State>, due: 'by-start' | 'by-time' = 'by-start') {
    this.index = {
      keyOf: (id) => placeIn(id)?.key,
      timeOf: (id, bytes) => {
        const place = placeIn(id)
        return place !== undefined && due === 'by-time' ? timeIn(bytes) : place?.start
      },
    }
    this.#codec = windowStateCodec(codec)
    this.#times = new KeyValueStore(this.#codec)
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
    return (this.workingSet.table?.size ?? 0) + this.windows.size + this.partlyLate.size
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

  /** `index` is told of each window that is loaded from now on. */
  onLoad(index: (window: KeptWindow<State>) => void): void {
    this.#onLoad = index
  }

  /** Changes when windows have left memory: whoever has indexed them begins anew. */
  get generation(): number {
    return this.#generation
  }

  restore(change: StoreChange): void {
    if (change.key.includes(':')) this.#pages.restore(change, this.#restoring)
    else this.#times.restore(change)
  }

  restored(): void {
    for (const [id, bytes] of this.workingSet.table?.ofKey(undefined) ?? [])
      for (const page of wholePages(id, bytes)) this.#times.restore(page)
    this.#times.restored()
    this.#pages.restored(this.#restoring)
    this.#restoring.decode()
  }

  *contents(): Generator<StoreChange[], void> {
    yield* this.#times.contents()
    for (const windows of this.#all)
      for (const window of windows) yield wholePages(windows.idOf(window), this.#codec.encode(window))
  }

  attachTable(table: StateTable, keysInMemory: number): void {
    this.workingSet.attachTable(table, keysInMemory)
  }

  flushed(): void {
    for (const windows of this.#all) windows.flushed()
    if (!this.workingSet.evict()) return
    for (const windows of this.#all) windows.evict()
    this.#pages.evict()
    this.#generation += 1
  }

  #take(id: string, bytes: Buffer): void {
    const window = this.#restoring.load(id, bytes)
    this.#pages.loaded(id, bytes)
    this.#onLoad?.(window)
  }
}
