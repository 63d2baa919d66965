import { type OperatorFunction, tap } from 'rxjs'
import type { Topic } from '../../../schemas/topics.ts'
import type { Row } from '../row.ts'
import { buildingTask } from '../task-context.ts'

/** Writes every row to one topic, by its key. */
export function write<V>(topic: Topic<V>): OperatorFunction<Row<V>, Row<V>> {
  return (rows) => {
    const task = buildingTask('write')
    const emit = task.output(topic)
    return rows.pipe(
      tap(({ key, value, origin }) => {
        emit(key, value, 'by-key', origin)
      }),
    )
  }
}
