/** The engine: what a topology is written with, and what runs it. As a package it is `continuo`. */
export { type DeadLetter, type DeadLetterKind, deadLetterTopic } from '../../schemas/dead-letter.ts'
export { type EventSchema, avroSchema } from '../../schemas/event-schema.ts'
export { type Topic, pick, topic } from '../../schemas/topic.ts'
export { type Outcome, deadLetter, drop, ok } from './outcome.ts'
export { StateError, TopologyError } from './errors.ts'
export type { OutputRow, Row } from './row.ts'
export type { RawRecord } from './raw-record.ts'
export type { TimeSemantics } from './clock.ts'
export type { Named, SourceOptions } from './task-context.ts'
export { type Sources, type Topology, topology } from './topology.ts'
export type { GlobalTable } from './global-table.ts'
export type { Table } from './table.ts'
export { type TopologyDescription, describe } from './describe.ts'
export { describeAsMermaid } from './describe-as-mermaid.ts'
export { describeAsText, summaryOf } from './describe-as-text.ts'
export { branch, only } from './operators/branch.ts'
export { merge } from './operators/merge.ts'
export {
  type AsyncStep,
  type AsyncStepContext,
  type MapAsyncOptions,
  WorkTimeoutError,
  mapAsync,
} from './operators/map-async.ts'
export { type DeduplicateOptions, deduplicate } from './operators/deduplicate.ts'
export {
  type EmitWindows,
  type Fold,
  type FoldWindowOptions,
  type Lateness,
  type WindowLateness,
  foldWindow,
} from './operators/fold-window.ts'
export { type JoinStreamOptions, type LateValue, joinStream } from './operators/join-stream.ts'
export { fold } from './operators/fold.ts'
export { type JoinGlobalOptions, joinGlobal } from './operators/join-global.ts'
export { type JoinTableOptions, joinTable } from './operators/join-table.ts'
export { type JoinTablesOptions, joinTables } from './operators/join-tables.ts'
export { keyBy } from './operators/key-by.ts'
export { type PunctuateOptions, punctuate } from './operators/punctuate.ts'
export { type RouteOptions, route } from './operators/route.ts'
export { type Step, type StepContext, step } from './operators/step.ts'
export { type ToTableOptions, toTable } from './operators/to-table.ts'
export { type WriteOptions, write } from './operators/write.ts'
export type { Aggregate, AnyAggregate } from './aggregates/aggregate.ts'
export { argMax } from './aggregates/arg-max.ts'
export { combine } from './aggregates/combine.ts'
export { count } from './aggregates/count.ts'
export { distinct } from './aggregates/distinct.ts'
export { max } from './aggregates/max.ts'
export { mean } from './aggregates/mean.ts'
export { min } from './aggregates/min.ts'
export { type QuantilesOptions, quantiles } from './aggregates/quantiles.ts'
export { sum } from './aggregates/sum.ts'
export { sumBigint } from './aggregates/sum-bigint.ts'
export { topK } from './aggregates/top-k.ts'
export { topKDistinct } from './aggregates/top-k-distinct.ts'
export { type StoreCodec, avroState, topicState } from './store-codec.ts'
export { type Window, hopping, hours, minutes, seconds, session, sliding, tumbling } from './windows.ts'
export { type Original, type SealingKey, openDeadLetter } from './dead-letters.ts'
export type { FixContext } from './fix-context.ts'
export type { Fix } from './given-back.ts'
export { type KafkaOptions, connectKafka } from './kafka/client.ts'
export { TopicError, type TopicSpec, ensureTopics } from './kafka/ensure-topics.ts'
export type { Guarantee } from './kafka/delivery.ts'
export type { StateStore } from './kafka/local-state/state-directory.ts'
export { topologyMetrics } from './kafka/metrics.ts'
export { type RunTopologyOptions, type RunningTopology, runTopology } from './kafka/run-topology.ts'
export { Codec, DecodeError } from '../../schemas/codec.ts'
export { type SchemaRegistry, connectRegistry } from '../../schemas/registry.ts'
