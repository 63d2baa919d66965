import type { Observable } from 'rxjs'
import type { Topic } from '../../../schemas/topic.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { Row } from '../row.ts'
import { type PartitionRule, buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'

export interface WriteOptions {
  /** `as-read` keeps the partition number that the record was read from. Default: `by-key`. */
  partition?: PartitionRule
}

/** Writes every row to one topic. An end of the topology. */
export function write<V>(
  topic: Topic<V>,
  { partition = 'by-key' }: WriteOptions = {},
): <R extends Row<V | null>>(rows: Observable<R>) => Observable<R> {
  return <R extends Row<V | null>>(rows: Observable<R>) => {
    const task = buildingTask('write')
    const emit = task.output(topic)
    const node = graphNode('write', topic.name, [nodeOf('write', rows)], { writes: [topic.name] })
    const written = operate<R, R>(node, rows, (row, on) => {
      emit(row, partition)
      on(row)
    })
    task.sink(written)
    return written
  }
}
