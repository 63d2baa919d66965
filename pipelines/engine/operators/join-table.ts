import type { Observable } from 'rxjs'
import { type GraphNode, graphNode, nodeOf } from '../graph.ts'
import { type Row, withValue } from '../row.ts'
import type { Table } from '../table.ts'
import { buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'

/** What a row meets in a table: in a left join null where there is nothing. */
export type Partner<T, Kind extends 'inner' | 'left'> = Kind extends 'left' ? T | null : T

export interface JoinTableOptions<V, T, Result, Kind extends 'inner' | 'left'> {
  /** `inner`: a row without a partner is dropped and counted, `no_partner`; `left`: it meets null. Default: `inner`. */
  kind?: Kind
  join: (value: V, partner: Partner<T, Kind>, key: string) => Result
}

/**
 * Joins each row with what a table holds under its key at that moment. Updates of the table emit nothing; the result has the
 * time of the row. Stream and table must be spread by the same word. (Kafka Streams: KStream-KTable join.)
 *
 *     table               --a1----------a2------
 *     rows                -----ax---bx------ax--
 *     inner               -----x1-----------x2--
 *     left                -----x1---x∅------x2--
 */
export function joinTable<V, T, Result, By extends string, Kind extends 'inner' | 'left' = 'inner'>(
  table: Table<T, By>,
  options: JoinTableOptions<V, T, Result, Kind>,
): (rows: Observable<Row<V, By>>) => Observable<Row<Result, By>> {
  return (rows) => {
    const name = buildingTask('joinTable').uniqueName('join-table')
    const node = graphNode('joinTable', name, [nodeOf('joinTable', rows), table.node])
    return joinEach(name, node, rows, ({ key }) => table.lookUp(key)?.value, options)
  }
}

/** The core of `joinTable` and `joinGlobal`: joins each row with what `find` finds for it. Drops are counted under `name`. */
export function joinEach<V, T, Result, By extends string, Kind extends 'inner' | 'left'>(
  name: string,
  node: GraphNode,
  rows: Observable<Row<V, By>>,
  find: (row: Row<V, By>) => T | undefined,
  { kind, join }: JoinTableOptions<V, T, Result, Kind>,
): Observable<Row<Result, By>> {
  const task = buildingTask(node.kind)
  return operate<Row<V, By>, Row<Result, By>>(node, rows, (row, emit) => {
    const partner = find(row) ?? null
    if (partner === null && kind !== 'left') task.count(name, 'drop', 'no_partner')
    else emit(withValue(row, join(row.value, partner as Partner<T, Kind>, row.key)))
  })
}
