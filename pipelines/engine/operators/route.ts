import type { OperatorFunction } from 'rxjs'
import { map } from 'rxjs'
import type { Topic } from '../../../schemas/topics.ts'
import type { OutputRow } from '../row.ts'
import { type PartitionRule, buildingTask } from '../task-context.ts'

/** A topic for each output, of that output's type: leaving one out does not compile. */
export type Routes<R extends OutputRow<string, unknown>> = {
  [Output in R['output']]: Topic<Extract<R, { output: Output }>['value']>
}

export interface RouteOptions<R extends OutputRow<string, unknown>> {
  /** The key to write; default: the row's. */
  key?: (value: R['value']) => string
  /** `as-read` keeps the partition number that the record was read from. Default: `by-key`. */
  partition?: PartitionRule
}

/** Writes each named output to its topic, in the task's transaction. The end of a topology. */
export function route<R extends OutputRow<string, unknown>>(
  routes: Routes<R>,
  { key, partition = 'by-key' }: RouteOptions<R> = {},
): OperatorFunction<R, R> {
  return (rows) => {
    const task = buildingTask('route')
    const emits = new Map(
      Object.entries<Topic<R['value']>>(routes).map(([output, topic]) => [output, task.output(topic)]),
    )
    return rows.pipe(
      map((row) => {
        const emit = emits.get(row.output)
        if (emit === undefined)
          throw new TypeError(`${task.topology}: route() has no topic for "${row.output}"`)
        emit(key === undefined ? row.key : key(row.value), row.value, partition, row.origin)
        return row
      }),
    )
  }
}
