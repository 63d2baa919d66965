import type { Aggregate } from '../../../../pipelines/engine/index.ts'

/** For results that do not look at their key and window. */
export const nowhere = ['', { start: 0, end: 0 }] as const

export const stateOf = <V, State>(
  { initial, add }: Aggregate<V, State, unknown>,
  rows: readonly V[],
  from = initial(),
): State => rows.reduce(add, from)

/** What one fold of all rows tells. */
export const foldAll = <V, State, Result>(
  aggregate: Aggregate<V, State, Result>,
  rows: readonly V[],
): Result => aggregate.result(stateOf(aggregate, rows), ...nowhere)
