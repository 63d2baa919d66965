import type { Observable } from 'rxjs'
import type { Topic } from '../../../schemas/topic.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { Row } from '../row.ts'
import { buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'

/**
 * Gives rows another key and brings rows of one key together in one task: they go out through the repartition topic
 * `through` and come in again, in another task perhaps of another process. Their time goes with them.
 *
 *     rows                     --a1--b2--a3--
 *     keyBy(v => v.n, { … })   tasks by hash of n: --1:a1--3:a3--  and  --2:b2--
 */
export function keyBy<V, By extends string>(
  key: (value: V) => string,
  { through }: { through: Topic<V, By> },
): (rows: Observable<Row<V>>) => Observable<Row<V, By>> {
  return (rows) => {
    const task = buildingTask('keyBy')
    const { emit, rows: repartitioned } = task.repartition(through, rows)
    const node = graphNode('keyBy', through.name, [nodeOf('keyBy', rows)], { writes: [through.name] })
    task.sink(
      operate<Row<V>, never>(node, rows, (row) => {
        emit({ key: key(row.value), value: row.value, time: row.time, origin: row.origin }, 'by-key')
      }),
    )
    return repartitioned
  }
}
