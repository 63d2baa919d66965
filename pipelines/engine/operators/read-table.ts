import type { Topic } from '../../../schemas/topic.ts'
import type { Row } from '../row.ts'
import { topicState } from '../store-codec.ts'
import type { Table } from '../table.ts'
import { type Named, type SourceOptions, buildingTask } from '../task-context.ts'
import { keepTable } from './keep-table.ts'
import { operate } from './operate.ts'

/**
 * A topic as a {@link Table}: the last value by key of each partition. A null value, a tombstone, deletes its key, at the time
 * of its record; a record without a key says nothing of any key and becomes a dead letter.
 */
export function readTable<V, By extends string>(
  topic: Topic<V, By>,
  { name, ...options }: SourceOptions<V> & Named = {},
): Table<V, By> {
  const task = buildingTask('readTable')
  const rows = task.tableSource(topic, options)
  const withKey = operate<Row<V | null, By>, Row<V | null, By>>(rows.node, rows, (row, emit) => {
    if (row.origin.key !== null) {
      emit(row)
      return
    }
    task.count('readTable', 'dead_letter', 'no_key')
    task.deadLetter(row.origin, 'validate', 'no_key')
  })
  return keepTable('readTable', withKey, topicState(topic), name)
}
