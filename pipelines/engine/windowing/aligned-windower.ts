import { byUtf8 } from '../by-utf8.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { HoppingWindows, TumblingWindows } from '../windows.ts'
import type { Fold } from './fold.ts'
import { type Merging, type Slice, mergeSlices, windowsAround } from './slices.ts'
import { SortedTimes } from './sorted-times.ts'
import type { KeptWindow, WindowState, WindowStates } from './window-states.ts'
import type { WindowStore } from './window-store.ts'
import type { WindowOutputs, Windower } from './windower.ts'

const NONE: readonly number[] = []

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)

/**
 * Tumbling and hopping windows. State is kept by slice, the longest span that no window cuts: a tumbling window is one, a hopping one has
 * `size / gcd(size, advance)`. A slice is forgotten with the last window that it is part of.
 */
export class AlignedWindower<V, State> implements Windower<V> {
  readonly #windows: TumblingWindows | HoppingWindows
  readonly #sliceMs: number
  readonly #fold: Fold<V, State, unknown>
  readonly #store: WindowStore<State>
  readonly #states: WindowStates<State>
  readonly #partlyLate: WindowStates<State>
  readonly #outputs: WindowOutputs<V, State>
  /** Of which there is something, by itself or partly late. */
  readonly #slices = new SortedTimes()
  /** A window is one slice. */
  readonly #isWhole: boolean

  constructor(
    windows: TumblingWindows | HoppingWindows,
    fold: Fold<V, State, unknown>,
    store: WindowStore<State>,
    outputs: WindowOutputs<V, State>,
  ) {
    this.#windows = windows
    this.#sliceMs = greatestCommonDivisor(windows.sizeMs, windows.advanceMs)
    this.#isWhole = this.#sliceMs === windows.sizeMs
    this.#fold = fold
    this.#store = store
    this.#states = store.windows
    this.#partlyLate = store.partlyLate
    this.#outputs = outputs
    for (const start of this.#states.starts) this.#slices.add(start)
    for (const start of this.#partlyLate.starts) this.#slices.add(start)
    store.onLoad(({ start }) => this.#slices.add(start))
  }

  take(row: Row<V>, streamTime: number): readonly number[] {
    this.#store.workingSet.load(row.key)
    // Nearly all rows come in time for all of their windows: these are looked at only if somebody is told of updates.
    if (this.#closesAt(this.#firstAfter(row.time - this.#windows.sizeMs)) > streamTime) {
      this.#add(row)
      return NONE
    }
    const refused: number[] = []
    const open: number[] = []
    for (const start of this.#windows.startsFor(row.time)) {
      const closesAt = this.#closesAt(start)
      if (closesAt <= streamTime) refused.push(closesAt)
      else open.push(start)
    }
    if (open.length === 0) return refused
    const refusedIsOpen = refused.length > 0 && refused.at(-1)! > this.#store.streamTime
    if (refusedIsOpen) this.#addPartlyLate(row, open)
    else this.#add(row, open)
    return refused
  }

  close(streamTime: number, origin: RawRecord): void {
    this.#store.workingSet.loadDue(this.#lastSliceBy(streamTime))
    for (;;) {
      const start = this.#firstOpen(this.#store.streamTime)
      if (start === undefined || this.#closesAt(start) > streamTime) return
      if (this.#outputs.closed !== undefined) {
        for (const key of this.#keysIn(start))
          this.#outputs.closed(key, this.#window(start), this.#state(key, start), origin)
      }
      this.#store.streamTime = this.#closesAt(start)
      this.#forgetBefore(start + this.#windows.advanceMs)
    }
  }

  /** `open`: windows that take it. Default: all of its. */
  #add(row: Row<V>, open?: readonly number[]): void {
    const { key, time } = row
    const slice = Math.floor(time / this.#sliceMs) * this.#sliceMs
    const state = this.#withRow(this.#states, row, slice)
    if (this.#outputs.open === undefined) return
    if (this.#isWhole) {
      this.#outputs.open(row, this.#window(slice), state)
      return
    }
    const starts = open ?? this.#windows.startsFor(time)
    for (const updated of this.#updates(key, slice, starts))
      this.#outputs.open(row, this.#window(updated.start), this.#withPartlyLate(key, updated))
  }

  #addPartlyLate(row: Row<V>, open: readonly number[]): void {
    for (const start of open) {
      this.#withRow(this.#partlyLate, row, start)
      this.#outputs.open?.(row, this.#window(start), this.#state(row.key, start))
    }
  }

  /** What is kept of the row's key at `start`, with the row. */
  #withRow(states: WindowStates<State>, { key, time, value }: Row<V>, start: number): KeptWindow<State> {
    const found = states.find(key, start)
    if (found !== undefined) {
      states.update(found, time, this.#fold.add(found.state, value))
      return found
    }
    this.#slices.add(start)
    return states.add(key, start, time, this.#fold.add(this.#fold.initial(), value))
  }

  #withPartlyLate(
    key: string,
    { start, state }: { start: number; state: WindowState<State> | undefined },
  ): WindowState<State> {
    const partlyLate = this.#partlyLate.find(key, start)
    if (state === undefined) return partlyLate!
    return partlyLate === undefined ? state : mergeSlices(this.#merging, [state, partlyLate])
  }

  #updates(key: string, slice: number, starts: readonly number[]) {
    const slices = this.#slicesOf(key, starts[0]!, starts.at(-1)! + this.#windows.sizeMs)
    return windowsAround(this.#merging, slices, slice, { starts, size: this.#windows.sizeMs })
  }

  get #merging(): Merging<State> {
    return this.#fold as Fold<V, State, unknown> & Merging<State>
  }

  #state(key: string, start: number): WindowState<State> {
    if (this.#isWhole) return this.#states.get(key, start)
    const slices = this.#slicesOf(key, start, start + this.#windows.sizeMs)
    const state = slices.length === 0 ? undefined : mergeSlices(this.#merging, slices)
    return this.#withPartlyLate(key, { start, state })
  }

  #slicesOf(key: string, from: number, to: number): Slice<State>[] {
    return this.#slices.between(from, to).flatMap((start) => this.#states.find(key, start) ?? [])
  }

  #keysIn(start: number): string[] {
    const keys = new Set(this.#partlyLate.at(start).keys())
    for (const slice of this.#slices.between(start, start + this.#windows.sizeMs))
      for (const key of this.#states.at(slice).keys()) keys.add(key)
    return [...keys].sort(byUtf8)
  }

  /** Start of the first window with rows in it that was not closed by `streamTime`. */
  #firstOpen(streamTime: number): number | undefined {
    const slice = this.#slices.first
    if (slice === undefined) return undefined
    const { sizeMs, graceMs } = this.#windows
    return Math.max(this.#firstAfter(slice - sizeMs), this.#firstAfter(streamTime - sizeMs - graceMs))
  }

  /** The first start of a window after `time`. */
  #firstAfter(time: number): number {
    const { advanceMs } = this.#windows
    return (Math.floor(time / advanceMs) + 1) * advanceMs
  }

  /** The last slice of the last window that is closed by `streamTime`. */
  #lastSliceBy(streamTime: number): number {
    const { sizeMs, advanceMs, graceMs } = this.#windows
    return this.#firstAfter(streamTime - sizeMs - graceMs) - advanceMs + sizeMs - this.#sliceMs
  }

  /** Slices that no window from `start` on needs. */
  #forgetBefore(start: number): void {
    for (let slice = this.#slices.first; slice !== undefined && slice < start; slice = this.#slices.first) {
      this.#states.deleteAt(slice)
      this.#partlyLate.deleteAt(slice)
      this.#slices.remove(slice)
    }
  }

  #window(start: number) {
    return { start, end: start + this.#windows.sizeMs }
  }

  #closesAt(start: number): number {
    return start + this.#windows.sizeMs + this.#windows.graceMs
  }
}
