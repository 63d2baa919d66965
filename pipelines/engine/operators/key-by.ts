import { type OperatorFunction, ignoreElements, merge, tap } from 'rxjs'
import type { Topic } from '../../../schemas/topics.ts'
import type { Row } from '../row.ts'
import { buildingTask } from '../task-context.ts'

/**
 * Gives rows another key and brings rows of one key together in one task: they go out through the repartition topic
 * `through` and come in again, in another task perhaps of another process.
 *
 *     rows                     --a1--b2--a3--
 *     keyBy(v => v.n, { … })   tasks by hash of n: --1:a1--3:a3--  and  --2:b2--
 */
export function keyBy<V>(
  key: (value: V) => string,
  { through }: { through: Topic<V> },
): OperatorFunction<Row<V>, Row<V>> {
  return (rows) => {
    const task = buildingTask('keyBy')
    const emit = task.output(through)
    const outward = rows.pipe(
      tap(({ value, origin }) => {
        emit(key(value), value, 'by-key', origin)
      }),
      ignoreElements(),
    )
    return merge(outward, task.source(through))
  }
}
