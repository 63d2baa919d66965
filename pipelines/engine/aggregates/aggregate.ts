import type { Fold } from '../operators/fold-window.ts'
import type { Window } from '../windows.ts'

/**
 * A fold whose states can be merged: what {@link combine} takes, and windows that are put together from parts. All the
 * ready-made ones keep these promises, whatever the order and however the rows are split:
 *
 *     merge(initial(), a) = a      merge(a, b) = merge(b, a)      merge(fold of some rows, fold of the others) = fold of all
 *
 * `merge` changes neither of its arguments, and shares nothing that `add` changes with them.
 */
export interface Aggregate<V, State, Result, Context extends unknown[] = [window: Window]> extends Fold<
  V,
  State,
  Result,
  Context
> {
  merge(a: State, b: State): State
}

/** What an aggregate is given that goes without a window as well: `fold` has none. */
export type WithOrWithoutWindow = [window?: Window]

/** An {@link Aggregate} for `foldWindow` and for `fold`. */
export type AnyAggregate<V, State, Result> = Aggregate<V, State, Result, WithOrWithoutWindow>

/** What of a row is aggregated; a row for which it is null adds nothing, as in SQL. */
export type Of<V, Figure> = (value: V) => Figure | null

/**
 * `of`, checked: what is no finite number ends the process, for it would spoil a whole window. The error names the aggregate,
 * never the value. Zero has no sign, so that it is the same whichever comes first.
 */
export function finite<V>(aggregate: string, of: Of<V, number>): Of<V, number> {
  return (value) => {
    const figure = of(value)
    if (figure === null) return null
    if (!Number.isFinite(figure)) {
      throw new TypeError(
        `${aggregate}() is given something that is no finite number: return null for a row that has none, or drop it in a step`,
      )
    }
    return figure + 0
  }
}
