import type { Observable } from 'rxjs'
import { graphNode, nodeOf } from '../graph.ts'
import type { Row } from '../row.ts'
import type { StoreCodec } from '../store-codec.ts'
import { Table } from '../table.ts'
import { buildingTask } from '../task-context.ts'
import { timed } from '../timed.ts'
import { operate } from './operate.ts'

/** The core of `readTable` and `toTable`: keeps the last value by key of `rows`, whoever listens to the changes. */
export function keepTable<V, By extends string>(
  kind: 'readTable' | 'toTable',
  rows: Observable<Row<V | null, By>>,
  codec: StoreCodec<V>,
  own: string | undefined,
): Table<V, By> {
  const task = buildingTask(kind)
  const name = task.uniqueName(kind === 'readTable' ? 'read-table' : 'to-table', own)
  const state = task.store(name, timed(codec))
  const node = graphNode(kind, name, [nodeOf(kind, rows)], { stores: [name], isTable: true })
  const changes = operate<Row<V | null, By>, Row<V | null, By>>(node, rows, (row, emit) => {
    const { key, value, time } = row
    if (value === null) state.delete(key)
    else state.put(key, { value, time })
    emit(row)
  })
  task.sink(changes)
  return new Table(changes, (key) => state.get(key))
}
