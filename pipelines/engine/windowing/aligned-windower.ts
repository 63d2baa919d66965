import { byUtf8 } from '../by-utf8.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { HoppingWindows, TumblingWindows } from '../windows.ts'
import type { Fold } from './fold.ts'
import { type Merging, type Slice, mergeSlices, windowsAround } from './slices.ts'
import { PartlyLate } from './partly-late.ts'
import { SortedTimes } from './sorted-times.ts'
import type { WindowState, WindowStates } from './window-states.ts'
import { type WindowOutputs, type Windower, withRow } from './windower.ts'

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
  readonly #states: WindowStates<State>
  readonly #outputs: WindowOutputs<V, State>
  readonly #partlyLate: PartlyLate<State>
  readonly #slices = new SortedTimes()
  readonly #keys = new Map<number, Set<string>>()
  /** A window is one slice. */
  readonly #isWhole: boolean

  constructor(
    windows: TumblingWindows | HoppingWindows,
    fold: Fold<V, State, unknown>,
    states: WindowStates<State>,
    outputs: WindowOutputs<V, State>,
  ) {
    this.#windows = windows
    this.#sliceMs = greatestCommonDivisor(windows.sizeMs, windows.advanceMs)
    this.#isWhole = this.#sliceMs === windows.sizeMs
    this.#fold = fold
    this.#states = states
    this.#outputs = outputs
    this.#partlyLate = new PartlyLate(states)
    for (const { key, start } of states.entries()) this.#index(start).add(key)
    for (const start of this.#partlyLate.starts) this.#index(start)
  }

  take(row: Row<V>, streamTime: number): readonly number[] {
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
    const refusedIsOpen = refused.length > 0 && refused.at(-1)! > this.#states.streamTime
    if (refusedIsOpen) this.#addPartlyLate(row, open)
    else this.#add(row, open)
    return refused
  }

  close(streamTime: number, origin: RawRecord): void {
    for (;;) {
      const start = this.#firstOpen(this.#states.streamTime)
      if (start === undefined || this.#closesAt(start) > streamTime) return
      if (this.#outputs.closed !== undefined) {
        for (const key of this.#keysIn(start))
          this.#outputs.closed(key, this.#window(start), this.#state(key, start), origin)
      }
      this.#states.streamTime = this.#closesAt(start)
      this.#forgetBefore(start + this.#windows.advanceMs)
    }
  }

  /** `open`: windows that take it. Default: all of its. */
  #add(row: Row<V>, open?: readonly number[]): void {
    const { key, time, value } = row
    const slice = Math.floor(time / this.#sliceMs) * this.#sliceMs
    const before = this.#states.find(key, slice)
    const state = withRow(time, before?.time, this.#fold.add(before?.state ?? this.#fold.initial(), value))
    this.#states.put(key, slice, state)
    if (before === undefined) this.#index(slice).add(key)
    if (this.#outputs.open === undefined) return
    if (this.#isWhole) {
      this.#outputs.open(row, this.#window(slice), state)
      return
    }
    const starts = open ?? this.#windows.startsFor(time)
    for (const updated of this.#updates(key, { start: slice, ...state }, starts))
      this.#outputs.open(row, this.#window(updated.start), this.#withPartlyLate(key, updated))
  }

  #addPartlyLate(row: Row<V>, open: readonly number[]): void {
    const { key, time, value } = row
    for (const start of open) {
      const before = this.#partlyLate.find(key, start)
      const state = this.#fold.add(before?.state ?? this.#fold.initial(), value)
      this.#partlyLate.put(key, start, withRow(time, before?.time, state))
      this.#index(start)
      this.#outputs.open?.(row, this.#window(start), this.#state(key, start))
    }
  }

  #withPartlyLate(
    key: string,
    { start, state }: { start: number; state: WindowState<State> | undefined },
  ): WindowState<State> {
    const partlyLate = this.#partlyLate.find(key, start)
    if (state === undefined) return partlyLate!
    return partlyLate === undefined ? state : mergeSlices(this.#merging, [state, partlyLate])
  }

  #updates(key: string, slice: Slice<State>, starts: readonly number[]) {
    const slices = this.#slicesOf(key, starts[0]!, starts.at(-1)! + this.#windows.sizeMs)
    return windowsAround(this.#merging, slices, slice.start, { starts, size: this.#windows.sizeMs })
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
    return this.#slices
      .between(from, to)
      .filter((start) => this.#keys.get(start)!.has(key))
      .map((start) => ({ start, ...this.#states.get(key, start) }))
  }

  #keysIn(start: number): string[] {
    const keys = new Set(this.#partlyLate.keysIn(start))
    for (const slice of this.#slices.between(start, start + this.#windows.sizeMs))
      for (const key of this.#keys.get(slice)!) keys.add(key)
    return [...keys].sort(byUtf8)
  }

  /** The keys of a slice, which there is from now on. */
  #index(slice: number): Set<string> {
    const known = this.#keys.get(slice)
    if (known !== undefined) return known
    const keys = new Set<string>()
    this.#keys.set(slice, keys)
    this.#slices.add(slice)
    return keys
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

  /** Slices that no window from `start` on needs. */
  #forgetBefore(start: number): void {
    for (let slice = this.#slices.first; slice !== undefined && slice < start; slice = this.#slices.first) {
      for (const key of this.#keys.get(slice)!) this.#states.delete(key, slice)
      this.#keys.delete(slice)
      this.#slices.remove(slice)
      this.#partlyLate.forget(slice)
    }
  }

  #window(start: number) {
    return { start, end: start + this.#windows.sizeMs }
  }

  #closesAt(start: number): number {
    return start + this.#windows.sizeMs + this.#windows.graceMs
  }
}
