import type { Observable } from 'rxjs'
import type { Topic } from '../../../schemas/topic.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { OutputRow } from '../row.ts'
import { buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'
import type { WriteOptions } from './write.ts'

/** A topic for each output, of that output's type: leaving one out does not compile. */
export type Routes<R extends OutputRow<string, unknown>> = {
  [Output in R['output']]: Topic<Extract<R, { output: Output }>['value']>
}

export interface RouteOptions<R extends OutputRow<string, unknown>> extends WriteOptions {
  /** The key to write; default: the row's. */
  key?: (value: R['value']) => string
}

/** Writes each named output to its topic, in the task's transaction. An end of the topology. */
export function route<R extends OutputRow<string, unknown>>(
  routes: Routes<R>,
  { key, partition = 'by-key' }: RouteOptions<R> = {},
): (rows: Observable<R>) => Observable<R> {
  return (rows) => {
    const task = buildingTask('route')
    const names = Object.entries<Topic<R['value']>>(routes)
    const emits = new Map(names.map(([output, topic]) => [output, task.output(topic)]))
    const node = graphNode('route', Object.keys(routes).join(', '), [nodeOf('route', rows)], {
      writes: names.map(([, topic]) => topic.name),
      outputs: names.map(([output]) => output),
    })
    const routed = operate<R, R>(node, rows, (row, on) => {
      const emit = emits.get(row.output)
      if (emit === undefined)
        throw new TypeError(`${task.topology}: route() has no topic for "${row.output}"`)
      emit(key === undefined ? row : { ...row, key: key(row.value) }, partition)
      on(row)
    })
    task.sink(routed)
    return routed
  }
}
