import type { Fold } from './fold.ts'
import type { WindowState } from './window-states.ts'

/** The part of a fold that makes one state of several. */
export type Merging<State> = Required<Pick<Fold<never, State, unknown>, 'initial' | 'merge'>>

export interface Slice<State> extends WindowState<State> {
  readonly start: number
}

/** Slices as one window, in that order; none of them is changed. There is at least one. */
export function mergeSlices<State>(
  fold: Merging<State>,
  slices: readonly WindowState<State>[],
): WindowState<State> {
  if (slices.length === 1) return slices[0]!
  const time = Math.max(...slices.map((slice) => slice.time))
  return { time, state: slices.reduce((sum, { state }) => fold.merge(sum, state), fold.initial()) }
}

/**
 * The windows of `size` that begin at `starts`, all of which hold the slice at `middle`, in order. What windows share is merged
 * once: from the middle slice back to each start, and from it on to each end.
 *
 *     slices      a    b    c    d          middle c
 *     back                  c
 *                      b+c
 *                 a+b+c
 *     on                         d
 *     windows     a+b+c | b+c+d             of 3 slices
 */
export function* windowsAround<State>(
  fold: Merging<State>,
  slices: readonly Slice<State>[],
  middle: number,
  { starts, size }: { starts: readonly number[]; size: number },
): Generator<{ start: number; state: WindowState<State> }> {
  const at = slices.findIndex(({ start }) => start === middle)
  const back = backFrom(fold, slices, at)
  let [first, next] = [0, at + 1]
  let on = fold.initial()
  for (const start of starts) {
    while (slices[first]!.start < start) first++
    for (let slice = slices[next]; slice !== undefined && slice.start < start + size; slice = slices[next]) {
      on = fold.merge(on, slice.state)
      next++
    }
    const { time } = slices[next - 1]!
    const all = next > at + 1 ? fold.merge(fold.merge(fold.initial(), back[first]!), on) : back[first]!
    yield { start, state: { time, state: all } }
  }
}

/** For each slice up to the one at `at` the merged state of those from it to that one. */
function backFrom<State>(fold: Merging<State>, slices: readonly Slice<State>[], at: number): State[] {
  const back: State[] = []
  for (let index = at; index >= 0; index--) {
    const { state } = slices[index]!
    back[index] = index === at ? state : fold.merge(fold.merge(fold.initial(), state), back[index + 1]!)
  }
  return back
}
