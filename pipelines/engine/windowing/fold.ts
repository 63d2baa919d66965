import type { StoreCodec } from '../store-codec.ts'
import type { HoppingWindows, SessionWindows, Window, Windows } from '../windows.ts'

/** How the rows of one key become one value: those of one window or, where `Context` is empty, all of them. */
export interface Fold<V, State, Result, Context extends unknown[] = [window: Window]> {
  /** What a window starts with, made anew each time. */
  initial(): State
  /** May change `state` and return it. */
  add(state: State, value: V): State
  /**
   * Two states as one, the rows of `a` being the earlier ones; {@link initial} merged with a state is that state. May change `a` and
   * return it. It must leave `b` as it is, and keep no part of `b` that a later `add` or `merge` would change: other
   * windows are still made of it. Hopping windows and sessions need it.
   */
  merge?(a: State, b: State): State
  /** Changes nothing: `state` goes on being folded. */
  result(state: State, key: string, ...context: Context): Result
  /** How states are stored, and copied: what it decodes shares nothing with what it was given. */
  codec: StoreCodec<State>
}

/** What windows of this kind need of a fold besides. */
export type MergeFor<W extends Windows, State> = W extends HoppingWindows | SessionWindows
  ? { merge(a: State, b: State): State }
  : unknown

/** By how much a row came too late. */
export interface Lateness {
  /** Stream time of the operator that refused it. */
  streamTime: number
  /** How far stream time was past the moment from which on it is refused, in ms. */
  lateByMs: number
}

/**
 * By how much a row came too late for windows; of several that refused it `lateByMs` is that of the one that closed last: what
 * a longer grace would have had to make up for to get it into any of them.
 */
export interface WindowLateness extends Lateness {
  /** How many of its windows refused it; others may have taken it. A row that is too late for every sliding window counts once. */
  windows: number
}
