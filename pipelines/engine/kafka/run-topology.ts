import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Codec } from '../../../schemas/codec.ts'
import type { DeadLetterKey } from '../dead-letters.ts'
import { GlobalTables } from '../global-table.ts'
import { Task } from '../task.ts'
import type { Topology } from '../topology.ts'
import { type PartitionConsumer, consumePartitions, heartbeatUntil } from './consume-partitions.ts'
import type { Following } from './follow-partitions.ts'
import { followGlobalTables } from './global-tables.ts'
import type { TopologyMetrics } from './metrics.ts'
import { committedOffsets } from './offsets.ts'
import { type TopicPartition, partitionKey } from '../raw-record.ts'
import { runDefaults } from './run-defaults.ts'
import type { RestoreProgress } from './restore-progress.ts'
import { restoreTasks } from './restore-tasks.ts'
import { Snapshots } from './snapshot/snapshots.ts'
import { TaskRunner } from './task-runner.ts'
import { ensureTopologyTopics } from './topology-topics.ts'
import { fence } from './transaction.ts'

export interface RunTopologyOptions {
  kafka: Kafka
  topology: Topology
  /** With every topic registered that the topology writes. */
  codec: Codec
  /** Before the name of each topic. Default: none. */
  topicPrefix?: string
  /** Names groups, transactional ids and, with the prefix, changelogs. */
  applicationId: string
  deadLetterKey: DeadLetterKey
  /** Of the changelogs that it makes. Default: 1. */
  replicationFactor?: number
  /** Least time between two transactions of a process, ms. Default: 5. */
  commitGapMs?: number
  /**
   * How long the inputs of a join or a merge wait for one of them that is empty although it may have more, ms, so that records
   * are taken in the order of their time; and how long a task finds nothing more to read before those behind a repartition topic no
   * longer wait for it. 0 does not wait. Default: 5,000.
   */
  maxTaskIdleMs?: number
  /**
   * A folder of this machine in which the state of tasks is kept beside their changelogs, so that a start reads only the changelogs'
   * rest. It may be lost, and be shared by processes. Default: '', which keeps none.
   */
  stateDir?: string
  /** Told how far the restoration of each store has got. Default: nobody is. */
  onRestore?: (progress: RestoreProgress) => void
  metrics: TopologyMetrics
  crash(error: unknown): void
  log: Logger
}

export interface RunningTopology {
  /** Whether its partitions have been assigned and restored. */
  ready(): boolean
  stop(): Promise<void>
}

/** What a changelog holds does not go with the group's offsets; the message says what to do. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

/** The consumer group of a topology. */
export const groupOf = (applicationId: string, topology: string) => `${applicationId}.${topology}`

/** Runs a topology on Kafka, exactly once, until it is stopped. Start it in more processes to share the partitions. */
export async function runTopology(options: RunTopologyOptions): Promise<RunningTopology> {
  const runtime = new TopologyRuntime({ ...runDefaults, onRestore: () => undefined, ...options })
  await runtime.start()
  return runtime
}

class TopologyRuntime implements RunningTopology {
  readonly #options: Required<RunTopologyOptions>
  readonly #runner: TaskRunner
  readonly #metrics: TopologyMetrics
  readonly #groupId: string
  readonly #globals = new GlobalTables()
  readonly #snapshots: Snapshots | undefined
  #following: Following | undefined
  #inputs: string[] = []
  #partitions = 1
  #consumer: PartitionConsumer | undefined
  #assigned = false

  constructor(options: Required<RunTopologyOptions>) {
    this.#options = options
    this.#groupId = groupOf(options.applicationId, options.topology.name)
    this.#metrics = options.metrics
    const topology = options.topology.name
    const { kafka, stateDir, topicPrefix, log } = options
    const group = topicPrefix + this.#groupId
    if (stateDir !== '') this.#snapshots = new Snapshots({ kafka, stateDir, group, topicPrefix, log })
    this.#runner = new TaskRunner({
      ...options,
      snapshots: this.#snapshots,
      groupId: this.#groupId,
      transactionalId: (index) => this.#transactionalId(index),
      onCommit: (rows, seconds) => {
        this.#metrics.rows.inc({ topology }, rows)
        this.#metrics.commits.observe({ topology }, seconds)
      },
    })
  }

  ready(): boolean {
    return this.#assigned
  }

  async start(): Promise<void> {
    const topology = this.#options.topology.name
    const { inputs, partitions } = await ensureTopologyTopics(this.#task(0), this.#options)
    this.#inputs = inputs
    this.#partitions = partitions
    this.#following = await followGlobalTables(this.#globals, { ...this.#options, topology })
    this.#consumer = await consumePartitions({
      kafka: this.#options.kafka,
      groupId: this.#groupId,
      topics: this.#inputs,
      isolation: 'read_committed',
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => {
        this.#runner.remove(indexesOf(lost))
        for (const each of lost) this.#metrics.lag.remove(this.#labels(each))
      },
      onJoined: (member) => {
        this.#runner.joined(member)
      },
      onBatch: async (batch, heartbeat) => {
        this.#metrics.lag.set(this.#labels(batch), Number(batch.highWatermark - batch.nextOffset))
        this.#runner.accept(batch)
        if (this.#runner.full) await heartbeatUntil(this.#runner.relieved(), heartbeat)
        if (this.#runner.full) this.#fetchOthersFirst()
      },
      onEnd: (partition, pending) => this.#runner.atEnd(partition, pending),
      crash: this.#options.crash,
      log: this.#options.log,
    })
  }

  /** Too much has come of some inputs, and what it waits for is in others: those alone are fetched for now. */
  #fetchOthersFirst(): void {
    for (const each of this.#runner.held) this.#consumer?.pause(each, this.#runner.hasRoomFor(each))
  }

  async stop(): Promise<void> {
    this.#assigned = false
    await this.#runner.stop()
    await this.#snapshots?.close()
    await this.#consumer?.stop()
    await this.#following?.stop()
  }

  /** The order matters: fence the former owner, then look where it stood, then restore what it had. */
  async #takeOver(gained: TopicPartition[]): Promise<Map<string, bigint>> {
    const { kafka, topicPrefix, onRestore, log } = this.#options
    const indexes = indexesOf(gained)
    await Promise.all(indexes.map((index) => fence(kafka, this.#transactionalId(index))))
    const positions = await this.#positions(gained)
    const tasks = indexes.map((index) => this.#task(index))
    const snapshots = this.#snapshots
    const remembered = await restoreTasks(tasks, {
      kafka,
      topicPrefix,
      snapshots,
      onProgress: onRestore,
      log,
    })
    this.#checkState(remembered, positions)
    this.#runner.add(tasks, positions)
    this.#assigned = true
    return positions
  }

  /** Where the group stands in these partitions, as far as it has committed any of them. */
  async #positions(gained: TopicPartition[]): Promise<Map<string, bigint>> {
    const committed = await committedOffsets(this.#options.kafka, this.#groupId, this.#inputs)
    const positions = new Map<string, bigint>()
    for (const key of gained.map(partitionKey)) {
      const offset = committed.get(key)?.offset ?? -1n
      if (offset >= 0n) positions.set(key, offset)
    }
    return positions
  }

  /** State and offsets are committed together: state without them is another group's, or they have expired. */
  #checkState(remembered: ReadonlySet<number>, positions: ReadonlyMap<string, bigint>): void {
    for (const partition of remembered) {
      if (this.#inputs.some((topic) => positions.has(partitionKey({ topic, partition })))) continue
      throw new StateError(
        `The changelogs of ${this.#options.topology.name} remember partition ${partition}, in which group ${this.#groupId} ` +
          'has committed nothing: records would be counted twice. Set TOPIC_PREFIX together with APPLICATION_ID; if the ' +
          "group's offsets have expired, set them, or begin anew under another prefix",
      )
    }
  }

  #transactionalId(index: number): string {
    return `${this.#options.topicPrefix}${this.#groupId}.${index}`
  }

  #task(partition: number): Task {
    const { topology, codec, deadLetterKey } = this.#options
    return new Task({
      topology,
      partition,
      partitions: this.#partitions,
      codec,
      deadLetterKey,
      globals: this.#globals,
      onOutcome: (...[name, step, outcome, reason]) =>
        this.#metrics.outcomes.inc({ topology: name, step, outcome, reason }),
    })
  }

  #labels({ topic, partition }: TopicPartition) {
    return { topology: this.#options.topology.name, topic, partition: String(partition) }
  }
}

const indexesOf = (partitions: TopicPartition[]) => [...new Set(partitions.map(({ partition }) => partition))]
