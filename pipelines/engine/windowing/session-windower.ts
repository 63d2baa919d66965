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

/**
 * Sessions of each key, of which no two are as close as the gap: a row makes one, is added to one, or joins two. The end of a
 * session is the largest timestamp in it. State is kept by the start.
 */
export class SessionWindower<V, State> implements Windower<V> {
  readonly #gapMs: number
  readonly #graceMs: number
  readonly #fold: Fold<V, State, unknown> & Merging<State>
  readonly #states: WindowStates<State>
  readonly #outputs: WindowOutputs<V, State>
  readonly #starts = new StartsByKey()
  readonly #closing = new ClosingTimes()

  constructor(
    { gapMs, graceMs }: SessionWindows,
    fold: Fold<V, State, unknown> & Merging<State>,
    { windows: states }: WindowStore<State>,
    outputs: WindowOutputs<V, State>,
  ) {
    this.#gapMs = gapMs
    this.#graceMs = graceMs
    this.#fold = fold
    this.#states = states
    this.#outputs = outputs
    for (const session of states) this.#index(session)
  }

  take({ key, time, value }: Row<V>, streamTime: number): readonly number[] {
    const joined = this.#near(key, time)
    const end = joined.reduce((latest, each) => Math.max(latest, each.time), time)
    const closesAt = this.#closesAt(end)
    if (closesAt <= streamTime) return [closesAt]
    const [first, ...others] = joined
    if (first !== undefined && first.start <= time && others.length === 0) {
      this.#closing.remove(this.#closesAt(first.time), key)
      this.#states.update(first, end, this.#fold.add(first.state, value))
      this.#closing.add(closesAt, key, first.start)
      return []
    }
    for (const each of joined) this.#remove(each)
    const start = Math.min(time, first?.start ?? time)
    const state = this.#fold.add(this.#merged(joined), value)
    this.#index(this.#states.add(key, start, end, state))
    return []
  }

  close(streamTime: number, origin: RawRecord): void {
    for (const { key, start } of this.#closing.due(streamTime)) {
      const session = this.#states.get(key, start)
      this.#outputs.closed?.(key, { start, end: session.time }, session, origin)
      this.#starts.remove(key, start)
      this.#states.delete(session)
    }
  }

  /** Sessions that a row at `time` is at most the gap away from: one, or one on either side. */
  #near(key: string, time: number): KeptWindow<State>[] {
    const starts = this.#starts.of(key)
    const last = starts.lastUpTo(time + this.#gapMs)
    return starts.all
      .slice(Math.max(0, last - 1), last + 1)
      .map((start) => this.#states.get(key, start))
      .filter((each) => each.time + this.#gapMs >= time)
  }

  /** Those joined are gone by now, so the first may be changed. */
  #merged([one, two]: KeptWindow<State>[]): State {
    if (one === undefined) return this.#fold.initial()
    return two === undefined ? one.state : this.#fold.merge(one.state, two.state)
  }

  #index({ key, start, time }: KeptWindow<State>): void {
    this.#starts.add(key, start)
    this.#closing.add(this.#closesAt(time), key, start)
  }

  #remove(session: KeptWindow<State>): void {
    const { key, start, time } = session
    this.#starts.remove(key, start)
    this.#closing.remove(this.#closesAt(time), key)
    this.#states.delete(session)
  }

  #closesAt(end: number): number {
    return end + this.#gapMs + this.#graceMs
  }
}
