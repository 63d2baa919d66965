import type { Observable } from 'rxjs'
import type { Topic } from '../../schemas/topics.ts'
import type { Row } from './row.ts'
import { type TaskContext, whileBuilding } from './task-context.ts'

/** What a topology's definition is given. */
export interface Sources {
  /** The rows of a topic, partition by partition. */
  read<V>(topic: Topic<V>): Observable<Row<V>>
}

/** A named composition of operators, from topics to topics. */
export interface Topology {
  readonly name: string
  /** Puts the operators together for one task. Nothing flows until the observable is subscribed. */
  build(context: TaskContext): Observable<unknown>
}

/**
 * Names a topology and defines it: `read(topic).pipe(…, route({ … }))`. The definition runs once per task (partition
 * index), so that the state in an operator's closure is that task's own.
 */
export function topology(name: string, define: (sources: Sources) => Observable<unknown>): Topology {
  return {
    name,
    build: (context) => whileBuilding(context, () => define({ read: (topic) => context.source(topic) })),
  }
}
