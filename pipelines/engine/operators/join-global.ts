import type { Observable } from 'rxjs'
import type { GlobalTable } from '../global-table.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { Row } from '../row.ts'
import { buildingTask } from '../task-context.ts'
import { type JoinTableOptions, joinEach } from './join-table.ts'

export interface JoinGlobalOptions<V, T, Result, Kind extends 'inner' | 'left'> extends JoinTableOptions<
  V,
  T,
  Result,
  Kind
> {
  /** Under which key of the global table a value has its partner. The row keeps its own key. */
  key: (value: V) => string
}

/**
 * Joins each row with what a global table holds at that moment under a key of the row's choice. The table is whole in every
 * process, so rows may be spread by anything. (Kafka Streams: KStream-GlobalKTable join.)
 *
 *     countries           --no:Norway--------------------
 *     rows                ------------a{no}----b{xx}-----
 *     inner               ------------a{Norway}----------
 *     left                ------------a{Norway}-b{∅}-----
 *
 * A process follows the table's topic on its own, apart from transactions: a row that is processed again after a crash meets
 * the table as it is by then.
 */
export function joinGlobal<V, T, Result, Kind extends 'inner' | 'left' = 'inner'>(
  global: GlobalTable<T>,
  options: JoinGlobalOptions<V, T, Result, Kind>,
): <By extends string>(rows: Observable<Row<V, By>>) => Observable<Row<Result, By>> {
  return (rows) => {
    const name = buildingTask('joinGlobal').uniqueName('join-global')
    const { name: topic } = global.topic
    const node = graphNode('joinGlobal', topic, [nodeOf('joinGlobal', rows)], { looksUp: [topic] })
    return joinEach(name, node, rows, ({ value }) => global.lookUp(options.key(value)), options)
  }
}
