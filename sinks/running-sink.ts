import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { BreakerLimits } from '../pipelines/engine/breaker.ts'
import type { TopologyStatus } from '../pipelines/engine/kafka/task-status.ts'
import type { Codec } from '../schemas/codec.ts'
import type { SealingKey } from '../schemas/seal.ts'
import type { PutAside } from './decode.ts'
import type { SinkMetrics } from './metrics.ts'

/** What a sink needs to take letters back. */
export interface SinkReplays {
  /** Its name in dead letters. */
  stage: string
  deadLetterKey: SealingKey
}

/** What every sink needs of its surroundings. */
export interface SinkOptions {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  /** Names the consumer group: `<applicationId>.<sink>`. */
  applicationId: string
  putAside: PutAside
  /** How letters of its own are given back to it, by a topic that there is. Default: not at all. */
  replays?: SinkReplays
  /** When it holds instead of setting more aside. Default: as topologies. */
  breaker?: BreakerLimits
  metrics: SinkMetrics
  /** What is unexpected ends the process; it goes on from what was committed. */
  crash(error: unknown): void
  log: Logger
}

/** What a sink is called as a stage, or one that carries a version of a topology alone, by the name of that. */
export const sinkStage = (sink: string, version?: string) =>
  [`${sink}-sink`, ...(version === undefined ? [] : [version])].join('.')

/** The consumer group of a sink; see {@link sinkStage}. */
export const sinkGroup = (sink: string, applicationId: string, version?: string) =>
  `${applicationId}.${sinkStage(sink, version)}`

export interface RunningSink {
  /** Whether it has its partitions and its store answers. */
  ready(): boolean
  /** How far it is with each partition at this moment. */
  status(): TopologyStatus
  /** Has those who read from its store read the version that it carries, where a reader has one place for all. */
  putInService?(): Promise<void>
  /** Writes what it has read, commits, leaves the group. */
  stop(): Promise<void>
}
