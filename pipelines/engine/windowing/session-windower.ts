import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { SessionWindows } from '../windows.ts'
import { ClosingTimes } from './closing-times.ts'
import type { Fold } from './fold.ts'
import type { Merging } from './slices.ts'
import { StartsByKey } from './starts-by-key.ts'
import type { KeptWindow, WindowStates } from './window-states.ts'
import type { WindowStore } from './window-store.ts'
import type { WindowOutputs, Windower } from './windower.ts'

const NONE: readonly number[] = []

/**
 * Sessions of each key, of which no two are as close as the gap: a row makes one, is added to one, or joins two. The end of a
 * session is the largest timestamp in it. State is kept by the start.
 */
export class SessionWindower<V, State> implements Windower<V> {
  readonly #gapMs: number
  readonly #graceMs: number
  readonly #fold: Fold<V, State, unknown> & Merging<State>
  readonly #store: WindowStore<State>
  readonly #states: WindowStates<State>
  readonly #outputs: WindowOutputs<V, State>
  readonly #starts = new StartsByKey()
  readonly #closing = new ClosingTimes<KeptWindow<State>>()

  constructor(
    { gapMs, graceMs }: SessionWindows,
    fold: Fold<V, State, unknown> & Merging<State>,
    store: WindowStore<State>,
    outputs: WindowOutputs<V, State>,
  ) {
    this.#gapMs = gapMs
    this.#graceMs = graceMs
    this.#fold = fold
    this.#store = store
    this.#states = store.windows
    this.#outputs = outputs
    for (const session of this.#states) this.#index(session)
    store.onLoad((session) => this.#index(session))
  }

  take({ key, time, value }: Row<V>, streamTime: number): readonly number[] {
    this.#store.workingSet.load(key)
    const [one, two] = this.#near(key, time)
    const end = Math.max(time, one?.time ?? time, two?.time ?? time)
    const closesAt = this.#closesAt(end)
    if (closesAt <= streamTime) return [closesAt]
    if (one !== undefined && one.start <= time) {
      const before = two === undefined ? one.state : this.#fold.merge(one.state, two.state)
      if (two !== undefined) this.#remove(two)
      this.#states.update(one, end, this.#fold.add(before, value))
      return NONE
    }
    if (one !== undefined) this.#remove(one)
    const state = this.#fold.add(one?.state ?? this.#fold.initial(), value)
    this.#index(this.#states.add(key, time, end, state))
    return NONE
  }

  close(streamTime: number, origin: RawRecord): void {
    this.#store.workingSet.loadDue(streamTime - this.#gapMs - this.#graceMs)
    for (let due = this.#closing.takeDue(streamTime); due; due = this.#closing.takeDue(streamTime)) {
      const session = due.window
      if (session.gone) continue
      const { key, start, time } = session
      if (this.#closesAt(time) > due.time) {
        // It has become longer since.
        this.#closing.add(this.#closesAt(time), session)
        continue
      }
      this.#outputs.closed?.(key, { start, end: time }, session, origin)
      this.#remove(session)
    }
  }

  /** Sessions that a row at `time` is at most the gap away from: one, or one on either side. */
  #near(key: string, time: number): [one?: KeptWindow<State>, two?: KeptWindow<State>] {
    const starts = this.#starts.of(key)
    const last = starts.lastUpTo(time + this.#gapMs)
    const one = this.#nearAt(key, starts.all[last - 1], time)
    const two = this.#nearAt(key, starts.all[last], time)
    return one === undefined ? [two] : [one, two]
  }

  #nearAt(key: string, start: number | undefined, time: number): KeptWindow<State> | undefined {
    if (start === undefined) return undefined
    const session = this.#states.get(key, start)
    return session.time + this.#gapMs >= time ? session : undefined
  }

  #index(session: KeptWindow<State>): void {
    this.#starts.add(session.key, session.start)
    this.#closing.add(this.#closesAt(session.time), session)
  }

  #remove(session: KeptWindow<State>): void {
    this.#starts.remove(session.key, session.start)
    this.#states.delete(session)
  }

  #closesAt(end: number): number {
    return end + this.#gapMs + this.#graceMs
  }
}
