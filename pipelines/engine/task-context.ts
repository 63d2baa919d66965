import type { Observable } from 'rxjs'
import type { DeadLetterKind } from '../../schemas/dead-letter.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'
import type { GlobalTable } from './global-table.ts'
import type { RawRecord } from './raw-record.ts'
import type { Row } from './row.ts'
import type { Rows } from './graph.ts'
import type { LoggedState } from './logged-state.ts'
import type { Store } from './store.ts'
import type { StoreCodec } from './store-codec.ts'
import type { TaskWork } from './task-work.ts'

/** Which partition a row is written to. */
export type PartitionRule = 'by-key' | 'as-read'

/** Writes a row, in the task's transaction; a value of null deletes what is kept under the key. */
export type Emit<V> = (row: Row<V | null>, rule: PartitionRule) => void

export interface SourceOptions<V> {
  /** Event time of a value, ms since 1970. Default: the record's timestamp. */
  time?: (value: V) => number
  /**
   * How far a time may be ahead of the record's timestamp, ms: what is further ahead is a dead letter, or one fast clock would
   * close everybody's windows. Default, and most: the smallest grace of the operators that go by this time.
   */
  aheadMs?: number
}

/** What every operator that keeps state may be told. */
export interface Named {
  /**
   * What it is called among its kind: `skips` for a store `fold-window-skips`. Default: its place, `fold-window-2`, so that an
   * operator which is later put before it, or taken away, gets or leaves its state to another.
   */
  name?: string
}

/** What an operator needs of the task that it is built for. */
export interface TaskContext {
  readonly topology: string
  /** Rows of a topic's partition. The task reads it from now on. */
  source<V, By extends string>(topic: Topic<V, By>, options?: SourceOptions<V>): Rows<Row<V, By>>
  /** The same with null for a record without a value. */
  tableSource<V, By extends string>(topic: Topic<V, By>, options?: SourceOptions<V>): Rows<Row<V | null, By>>
  /** What the process keeps of a whole topic. */
  globalTable<V>(topic: Topic<V>): GlobalTable<V>
  /** A way to write to a topic. Like a source it is asked for while the topology is built, so that its topics are known. */
  output<V>(topic: Topic<V>): Emit<V>
  /** A way to write to a topic and to read it again: rows keep their time. */
  repartition<V, By extends string>(
    topic: Topic<V, By>,
    from: Observable<unknown>,
  ): { emit: Emit<V>; rows: Rows<Row<V, By>> }
  /** Has rows flow that nobody else listens to: the end of a topology. */
  sink(rows: Observable<unknown>): void
  /** Sets a row's record aside, in the task's transaction. `code`: see {@link sealDeadLetter}. */
  deadLetter(origin: RawRecord, kind: DeadLetterKind, reason: string, code?: string): void
  /** Counts what a step did. */
  count(step: string, outcome: string, reason: string): void
  /** State that survives: what is put here is in the changelog with the next commit. */
  store<V>(name: string, codec: StoreCodec<V>, retention?: ForgettingByTime<V>): Store<V>
  /** The same of a shape of its own. */
  keep(name: string, state: LoggedState, retention?: StoreRetention): void
  /** For operators that take their time, or go by the clock on the wall. */
  readonly work: TaskWork
  /**
   * A name that no other operator of this topology has, the same in every process: `<kind>-<name>`, or its place among those
   * without a name, `<kind>-1`, `<kind>-2` …
   * @throws TopologyError if it cannot be part of a topic's name, or is taken
   */
  uniqueName(kind: string, name?: string): string
}

/** How long a store's changelog keeps its entries; without it: for ever, compacted. */
export interface StoreRetention {
  retentionMs: number
}

/** The same of a store that forgets by the time of its values, too. */
export interface ForgettingByTime<V> extends StoreRetention {
  /** ms since 1970; see {@link Store.forgetBefore}. */
  timeOf(value: V): number
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

/** The task that is being built. @throws TopologyError outside of a topology's definition. */
export function buildingTask(operator: string): TaskContext {
  if (building === undefined) {
    throw new TopologyError(
      `${operator}() works inside topology(name, ({ read }) => …) only: it belongs to a task`,
    )
  }
  return building
}
