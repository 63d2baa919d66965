import type { Observable } from 'rxjs'
import type { Topic } from '../../schemas/topic.ts'
import type { GlobalTable } from './global-table.ts'
import { Rows } from './graph.ts'
import { requireName } from './operator-names.ts'
import { readTable } from './operators/read-table.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'
import { type Named, type SourceOptions, type TaskContext, whileBuilding } from './task-context.ts'

/** What a topology's definition is given. */
export interface Sources {
  /** The rows of a topic, partition by partition. */
  read<V, By extends string>(topic: Topic<V, By>, options?: SourceOptions<V>): Observable<Row<V, By>>
  /** A topic as a table: the last value by key, partition by partition; a null value deletes. */
  readTable<V, By extends string>(topic: Topic<V, By>, options?: SourceOptions<V> & Named): Table<V, By>
  /** A topic as a table that is whole in every process, whatever it is spread by. */
  readGlobalTable<V>(topic: Topic<V>): GlobalTable<V>
}

/** A named composition of operators, from topics to topics. */
export interface Topology {
  readonly name: string
  /** Puts the operators together for one task. */
  build(context: TaskContext): void
}

/**
 * Names a topology and defines it: `read(topic).pipe(…, route({ … }))`. The definition runs once per task (partition
 * index), so that the state in an operator's closure is that task's own. It may read several topics and end in several places.
 * @throws TopologyError for a name that cannot be part of a topic's name
 */
export function topology(name: string, define: (sources: Sources) => unknown): Topology {
  requireName('a topology', name)
  return {
    name,
    build: (context) =>
      whileBuilding(context, () => {
        const rows = define({
          read: (topic, options) => context.source(topic, options),
          readTable,
          readGlobalTable: (topic) => context.globalTable(topic),
        })
        // Ends have registered themselves; an observable of RxJS around several of them adds nothing.
        if (rows instanceof Rows) context.sink(rows)
      }),
  }
}
