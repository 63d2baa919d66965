import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { SlidingWindows } from '../windows.ts'
import { ClosingTimes } from './closing-times.ts'
import type { Fold } from './fold.ts'
import { StartsByKey } from './starts-by-key.ts'
import type { KeptWindow, WindowState, WindowStates } from './window-states.ts'
import type { WindowStore } from './window-store.ts'
import type { WindowOutputs, Windower } from './windower.ts'

/** What a row meets among the windows of its key that are there already. */
interface Surroundings<State> {
  /** A row at the same time was here before: all windows are there. */
  known: boolean
  endsWithRow: boolean
  /** The latest row before, as far as windows tell of it. */
  previous: number | undefined
  /** The latest window that ends before the row. */
  before: WindowState<State> | undefined
  /** What is behind the row, a copy; undefined if that has its window already, or nothing is. */
  behind: WindowState<State> | undefined
}

/**
 * Sliding windows as KIP-450 makes them: a row is added to the windows around it; the window that ends with it begins as a
 * copy of the latest one before, the one behind it as a copy of what was there, and the row before gets its own behind it.
 *
 * A closed window goes on as what others are copied from, for as long as Kafka Streams keeps it: until one has begun twice the
 * difference and the grace later. A row that all windows refuse leaves no trace in later ones.
 */
export class SlidingWindower<V, State> implements Windower<V> {
  readonly #differenceMs: number
  readonly #graceMs: number
  readonly #fold: Fold<V, State, unknown>
  readonly #store: WindowStore<State>
  readonly #states: WindowStates<State>
  readonly #outputs: WindowOutputs<V, State>
  readonly #starts = new StartsByKey()
  readonly #closing = new ClosingTimes<KeptWindow<State>>()
  /** By their start. */
  readonly #kept = new ClosingTimes<KeptWindow<State>>()
  #latestStart: number

  constructor(
    { differenceMs, graceMs }: SlidingWindows,
    fold: Fold<V, State, unknown>,
    store: WindowStore<State>,
    outputs: WindowOutputs<V, State>,
  ) {
    this.#differenceMs = differenceMs
    this.#graceMs = graceMs
    this.#fold = fold
    this.#store = store
    this.#states = store.windows
    this.#outputs = outputs
    this.#latestStart = store.workingSet.table?.lastTime ?? -Infinity
    for (const window of this.#states) this.#index(window)
    store.onLoad((window) => this.#index(window))
  }

  take(row: Row<V>, streamTime: number): readonly number[] {
    this.#store.workingSet.load(row.key)
    const refused: number[] = []
    const behindClosesAt = this.#closesAt(row.time + 1)
    if (behindClosesAt <= streamTime) return [behindClosesAt]
    const isOpen = (start: number): boolean => {
      const closesAt = this.#closesAt(start)
      if (closesAt <= streamTime) refused.push(closesAt)
      return closesAt > streamTime
    }
    const add = (window: KeptWindow<State>) => isOpen(window.start) && this.#add(row, window)
    const begin = (start: number, before?: WindowState<State>) =>
      isOpen(start) && this.#begin(row, start, before)
    const found = this.#walk(row, add)
    if (!found.known) this.#beginAround(row, found, begin)
    this.#forget()
    return refused
  }

  close(streamTime: number, origin: RawRecord): void {
    const open = this.#differenceMs + this.#graceMs
    // Those that have closed and are still kept are not needed for it.
    this.#store.workingSet.loadBetween(this.#store.streamTime - open, streamTime - open)
    for (let due = this.#closing.takeDue(streamTime); due; due = this.#closing.takeDue(streamTime))
      this.#outputs.closed?.(due.window.key, this.#window(due.window.start), due.window, origin)
  }

  /** Adds the row to the windows that are there, from the latest to the earliest that concerns it. */
  #walk({ key, time }: Row<V>, add: (window: KeptWindow<State>) => void): Surroundings<State> {
    const starts = this.#starts.of(key).all
    let at = this.#starts.of(key).lastUpTo(time + 1)
    let behind: WindowState<State> | 'there' | undefined
    if (starts[at] === time + 1) {
      behind = 'there'
      at--
    }
    for (; at >= 0 && starts[at]! + this.#differenceMs > time; at--) {
      const window = this.#states.get(key, starts[at]!)
      behind ??= window.time > time ? this.#copy(window) : 'there'
      add(window)
    }
    const found: Surroundings<State> = {
      known: false,
      endsWithRow: starts[at] === time - this.#differenceMs,
      previous: undefined,
      before: undefined,
      behind: behind === 'there' ? undefined : behind,
    }
    if (found.endsWithRow) {
      const window = this.#states.get(key, starts[at]!)
      const latest = window.time
      add(window)
      if (latest === time) return { ...found, known: true }
      found.previous = latest
      at--
    }
    if (at >= 0 && starts[at]! >= time - 2 * this.#differenceMs) {
      found.before = this.#states.get(key, starts[at]!)
      found.previous = found.before.time
    }
    return found
  }

  /**
   * Begins the windows that are not there yet. The one behind the previous row is the one that ends with this if they are one
   * more than the difference apart: it is begun twice with the same row, and said twice, as in Kafka Streams.
   */
  #beginAround(
    row: Row<V>,
    { endsWithRow, previous, before, behind }: Surroundings<State>,
    begin: (start: number, before?: WindowState<State>) => void,
  ): void {
    const { key, time } = row
    if (previous !== undefined && !this.#starts.of(key).has(previous + 1)) {
      if (previous + 1 + this.#differenceMs >= time) begin(previous + 1)
    }
    if (!endsWithRow) {
      const start = time - this.#differenceMs
      begin(start, before !== undefined && before.time >= start ? this.#copy(before) : undefined)
    }
    if (behind === undefined) return
    const begun = this.#put(key, time + 1, behind)
    this.#outputs.open?.(row, this.#window(time + 1), begun)
  }

  #add(row: Row<V>, window: KeptWindow<State>): void {
    this.#states.update(window, row.time, this.#fold.add(window.state, row.value))
    this.#outputs.open?.(row, this.#window(window.start), window)
  }

  /** A window of the row, and of what was there `before`. */
  #begin(row: Row<V>, start: number, before: WindowState<State> | undefined): void {
    const { key, time, value } = row
    const state = this.#fold.add(before?.state ?? this.#fold.initial(), value)
    const begun = this.#put(key, start, { time: Math.max(before?.time ?? time, time), state })
    this.#outputs.open?.(row, this.#window(start), begun)
  }

  #put(key: string, start: number, state: WindowState<State>): KeptWindow<State> {
    const known = this.#states.find(key, start)
    if (known === undefined) {
      const window = this.#states.add(key, start, state.time, state.state)
      this.#index(window)
      return window
    }
    this.#states.update(known, state.time, state.state)
    return known
  }

  #index(window: KeptWindow<State>): void {
    const { key, start } = window
    this.#starts.add(key, start)
    if (this.#closesAt(start) > this.#store.streamTime) this.#closing.add(this.#closesAt(start), window)
    this.#kept.add(start, window)
    this.#latestStart = Math.max(this.#latestStart, start)
  }

  #forget(): void {
    // Behind a repartition rows are ahead of stream time.
    const latest = Math.min(this.#latestStart, this.#store.streamTime)
    const horizon = latest - 2 * this.#differenceMs - this.#graceMs
    this.#store.workingSet.loadDue(horizon)
    for (let due = this.#kept.takeDue(horizon); due; due = this.#kept.takeDue(horizon)) {
      this.#starts.remove(due.window.key, due.window.start)
      this.#states.delete(due.window)
    }
  }

  #copy({ time, state }: WindowState<State>): WindowState<State> {
    const { codec } = this.#fold
    return { time, state: codec.decode(codec.encode(state)) }
  }

  #window(start: number) {
    return { start, end: start + this.#differenceMs }
  }

  #closesAt(start: number): number {
    return start + this.#differenceMs + this.#graceMs
  }
}
