import type { Observable } from 'rxjs'
import type { Row } from '../row.ts'
import type { StoreCodec } from '../store.ts'
import type { Table } from '../table.ts'
import type { Named } from '../task-context.ts'
import { keepTable } from './keep-table.ts'

/**
 * Takes the rows of a stream as updates of a {@link Table}: the last value by key, and null deletes. It ends a stream, so it is
 * called with one; after {@link fold} it makes a table of aggregates.
 *
 *     const plays = toTable(avroState<Count>(schema))(rows.pipe(fold(count)))
 */
export function toTable<V>(
  codec: StoreCodec<V>,
  { name }: Named = {},
): <By extends string>(rows: Observable<Row<V | null, By>>) => Table<V, By> {
  return (rows) => keepTable('toTable', rows, codec, name)
}
