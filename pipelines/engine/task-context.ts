import type { Observable } from 'rxjs'
import type { DeadLetterKind } from '../../schemas/events.ts'
import type { Topic } from '../../schemas/topics.ts'
import type { Row } from './row.ts'
import type { Store, StoreCodec } from './store.ts'

/** Which partition a row is written to. */
export type PartitionRule = 'by-key' | 'as-read'

/** Writes a row, in the task's transaction. */
export type Emit<V> = (key: string, value: V, rule: PartitionRule, origin: Row<unknown>['origin']) => void

/** What an operator needs of the task that it is built for. */
export interface TaskContext {
  readonly topology: string
  /** Rows of a topic's partition. The task reads it from now on. */
  source<V>(topic: Topic<V>): Observable<Row<V>>
  /** A way to write to a topic. Like a source it is asked for while the topology is built, so that its topics are known. */
  output<V>(topic: Topic<V>): Emit<V>
  /** Sets a row's record aside, in the task's transaction. */
  deadLetter(origin: Row<unknown>['origin'], kind: DeadLetterKind, reason: string): void
  /** Counts what a step did. */
  count(step: string, outcome: string, reason: string): void
  /** State that survives: what is put here is in the changelog with the next commit. */
  store<V>(name: string, codec: StoreCodec<V>, retention?: StoreRetention): Store<V>
  /** A name that no other operator of this topology has, the same in every process: `<kind>-1`, `<kind>-2` … */
  uniqueName(kind: string): string
}

/** How long a store's changelog keeps its entries; without it: for ever, compacted. */
export interface StoreRetention {
  retentionMs: number
}

let building: TaskContext | undefined

/** Runs `build` with `context` as the task whose operators are being put together. */
export function whileBuilding<T>(context: TaskContext, build: () => T): T {
  const outer = building
  building = context
  try {
    return build()
  } finally {
    building = outer
  }
}

/** The task that is being built. @throws outside of a topology's definition. */
export function buildingTask(operator: string): TaskContext {
  if (building === undefined) {
    throw new Error(`${operator}() works inside topology(name, ({ read }) => …) only: it belongs to a task`)
  }
  return building
}
