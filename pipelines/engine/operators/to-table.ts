import type { Observable } from 'rxjs'
import type { Row } from '../row.ts'
import type { StoreCodec } from '../store-codec.ts'
import type { Table } from '../table.ts'
import type { Named } from '../task-context.ts'
import { keepTable } from './keep-table.ts'

export interface ToTableOptions<V> extends Named {
  /** How values are stored. */
  codec: StoreCodec<V>
}

/**
 * Takes the rows of a stream as updates of a {@link Table}: the last value by key, and null deletes. After
 * {@link fold} it makes a table of aggregates.
 *
 *     const plays = toTable(rows.pipe(fold(count())), { codec: avroState<number>('long') })
 */
export function toTable<V, By extends string>(
  rows: Observable<Row<V | null, By>>,
  { codec, name }: ToTableOptions<V>,
): Table<V, By> {
  return keepTable('toTable', rows, codec, name)
}
