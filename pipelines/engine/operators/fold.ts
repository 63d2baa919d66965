import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../graph.ts'
import type { Row } from '../row.ts'
import { type Named, buildingTask } from '../task-context.ts'
import { timed } from '../timed.ts'
import type { Fold } from './fold-window.ts'
import { operate } from './operate.ts'

/**
 * Folds all rows of a key into one value, for ever, and emits each update. Its time is the highest of the rows in it.
 *
 *     rows              --a1--b1--a2--
 *     fold(sum)         --a1--b1--a3--
 *
 * Its state grows with the number of keys and is never forgotten; where time bounds it, use {@link foldWindow}.
 */
export function fold<V, State, Result>(
  how: Fold<V, State, Result, []>,
  { name: own }: Named = {},
): <By extends string>(rows: Observable<Row<V, By>>) => Observable<Row<Result, By>> {
  return <By extends string>(rows: Observable<Row<V, By>>) => {
    const task = buildingTask('fold')
    const name = task.uniqueName('fold', own)
    const states = task.store(name, timed(how.codec))
    const node = graphNode('fold', name, [nodeOf('fold', rows)], { stores: [name] })
    return operate<Row<V, By>, Row<Result, By>>(node, rows, ({ key, value, time, origin }, emit) => {
      const before = states.get(key) ?? { value: how.initial(), time }
      const after = { value: how.add(before.value, value), time: Math.max(before.time, time) }
      states.put(key, after)
      emit({ key, value: how.result(after.value, key), time: after.time, origin })
    })
  }
}
