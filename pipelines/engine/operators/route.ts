import type { Observable } from 'rxjs'
import type { Topic } from '../../../schemas/topic.ts'
import { graphNode, nodeOf } from '../graph.ts'
import type { OutputRow } from '../row.ts'
import { type Emit, type TaskContext, buildingTask } from '../task-context.ts'
import { operate } from './operate.ts'
import type { WriteOptions } from './write.ts'

/** In the place of a topic for `late`: what is late is set aside, its record sealed and byte for byte, and counted as `late`. */
export const AS_DEAD_LETTER = 'dead-letter'

/** A topic for each output, of that output's type: leaving one out does not compile. */
export type Routes<R extends OutputRow<string, unknown>> = {
  [Output in R['output']]:
    Topic<Extract<R, { output: Output }>['value']> | (Output extends 'late' ? typeof AS_DEAD_LETTER : never)
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
    const all = Object.entries<Topic<R['value']> | typeof AS_DEAD_LETTER>(routes)
    const names = all.flatMap(([output, to]) => (to === AS_DEAD_LETTER ? [] : [[output, to] as const]))
    const emits = new Map(names.map(([output, topic]) => [output, task.output(topic)]))
    for (const [output, to] of all) if (to === AS_DEAD_LETTER) emits.set(output, settingAside(task))
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

/** Of a record that several windows have refused there is one letter, as its id says. */
const settingAside =
  (task: TaskContext): Emit<unknown> =>
  ({ origin }) => {
    task.count('route', 'late', 'window_closed')
    task.deadLetter(origin, 'late', 'window_closed')
  }
