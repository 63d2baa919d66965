/** The engine: what a topology is written with, and what runs it. */
export { type Outcome, deadLetter, drop, ok } from './outcome.ts'
export type { OutputRow, Row } from './row.ts'
export type { TimeSemantics } from './clock.ts'
export type { SourceOptions } from './task-context.ts'
export { type Sources, type Topology, topology } from './topology.ts'
export type { GlobalTable } from './global-table.ts'
export type { Table } from './table.ts'
export { branch, only } from './operators/branch.ts'
export { merge } from './operators/merge.ts'
export { deduplicate } from './operators/deduplicate.ts'
export {
  type EmitWindows,
  type Fold,
  type Lateness,
  type WindowLateness,
  foldWindow,
} from './operators/fold-window.ts'
export { type JoinStreamOptions, type LateValue, joinStream } from './operators/join-stream.ts'
export { fold } from './operators/fold.ts'
export { joinGlobal } from './operators/join-global.ts'
export { joinTable } from './operators/join-table.ts'
export { joinTables } from './operators/join-tables.ts'
export { keyBy } from './operators/key-by.ts'
export { route } from './operators/route.ts'
export { type Step, step } from './operators/step.ts'
export { toTable } from './operators/to-table.ts'
export { write } from './operators/write.ts'
export { type StoreCodec, avroState } from './store.ts'
export { type Window, hopping, hours, minutes, seconds, session, sliding, tumbling } from './windows.ts'
export type { DeadLetterKey } from './dead-letters.ts'
export { connectKafka } from './kafka/client.ts'
export { type TopicSpec, ensureTopics } from './kafka/ensure-topics.ts'
export { topologyMetrics } from './kafka/metrics.ts'
export { type RunningTopology, runTopology } from './kafka/run-topology.ts'
