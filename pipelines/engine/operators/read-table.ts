import type { Topic } from '../../../schemas/topic.ts'
import { otherVersion } from '../errors.ts'
import { graphNode } from '../graph.ts'
import type { Row } from '../row.ts'
import type { StoreCodec } from '../store.ts'
import type { Table } from '../table.ts'
import { type SourceOptions, buildingTask } from '../task-context.ts'
import { keepTable } from './keep-table.ts'
import { operate } from './operate.ts'

/** Values as Avro of the topic's schema. */
function stateOf<V>({ name, value: { type } }: Topic<V>): StoreCodec<V> {
  return {
    encode: (value) => type.toBuffer(value),
    decode(bytes) {
      try {
        return type.fromBuffer(bytes) as V
      } catch (cause) {
        throw otherVersion(`the changelog of the table of ${name}`, cause)
      }
    },
  }
}

/**
 * A topic as a {@link Table}: the last value by key of each partition. A null value, a tombstone, deletes its key, at the time
 * of its record; a record without a key says nothing of any key and becomes a dead letter.
 */
export function readTable<V, By extends string>(
  topic: Topic<V, By>,
  options: SourceOptions<V> = {},
): Table<V, By> {
  const task = buildingTask('readTable')
  const rows = task.tableSource(topic, options)
  const node = graphNode('withKey', topic.name, [rows.node])
  const withKey = operate<Row<V | null, By>, Row<V | null, By>>(node, rows, (row, emit) => {
    if (row.origin.key !== null) {
      emit(row)
      return
    }
    task.count('readTable', 'dead_letter', 'no_key')
    task.deadLetter(row.origin, 'validate', 'no_key')
  })
  return keepTable('readTable', withKey, stateOf(topic))
}
