import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Codec } from '../../../schemas/codec.ts'
import type { BreakerLimits } from '../breaker.ts'
import { changelogOf } from '../changelog-of.ts'
import type { SealingKey } from '../../../schemas/seal.ts'
import { StateError, TopologyError } from '../errors.ts'
import { GlobalTables } from '../global-table.ts'
import { Task } from '../task.ts'
import type { Topology } from '../topology.ts'
import { type PartitionConsumer, consumePartitions, heartbeatUntil } from './consume-partitions.ts'
import { AtLeastOnce } from './at-least-once.ts'
import type { Delivery, Guarantee } from './delivery.ts'
import { ExactlyOnce } from './exactly-once.ts'
import type { Following } from './follow-partitions.ts'
import { followGlobalTables } from './global-tables.ts'
import type { TopologyMetrics } from './metrics.ts'
import { committedOffsets } from './offsets.ts'
import { type TopicPartition, partitionKey } from '../raw-record.ts'
import { InputNames, type StandIn } from './input-names.ts'
import { runDefaults } from './run-defaults.ts'
import { checkStores } from './check-stores.ts'
import { StatusBoard } from './status-board.ts'
import type { TopologyStatus } from './task-status.ts'
import { restoreTasks } from './restore-tasks.ts'
import { StateDirectory, type StateStore } from './local-state/state-directory.ts'
import { whyNotOnDisk } from './local-state/why-not-on-disk.ts'
import { TaskRunner } from './task-runner.ts'
import { ensureTopologyTopics } from './topology-topics.ts'
import { fence } from './transaction.ts'

export interface RunTopologyOptions extends Partial<BreakerLimits> {
  kafka: Kafka
  topology: Topology
  /** With every topic registered that the topology writes. */
  codec: Codec
  /** Before the name of each topic. Default: none. */
  topicPrefix?: string
  /** Names groups, transactional ids and, with the prefix, changelogs. */
  applicationId: string
  deadLetterKey: SealingKey
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
   * rest. It may be lost, and be shared by processes. Not with `at-least-once`, whose changelogs may have more than a process knows of.
   * Default: '', which keeps none.
   */
  stateDir?: string
  /**
   * `memory`: all state is in memory; `disk`: it is in `stateDir`, with only the keys in memory that are being worked with. That needs
   * `exactly-once`, and a `stateDir` on a disk of this machine, which its processes may share: LMDB does not work on a network file system.
   * Default: `memory`.
   */
  stateStore?: StateStore
  /** Of state on disk: how many keys of each store may stay in memory after a commit; when there are more, none does. Default: 20,000. */
  keysInMemory?: number
  /**
   * `exactly-once`: outputs, state and offsets are one transaction. `at-least-once` does without: after a kill rows may be written
   * again and be counted twice, but none is lost. Default: `exactly-once`.
   */
  guarantee?: Guarantee
  /** What is read in the place of inputs, by their names without prefix, until it is started without. Default: nothing. */
  standIns?: ReadonlyMap<string, StandIn>
  /** What has stood in for an input once, both without prefix: letters of it are still given back. Default: nothing. */
  formerStandIns?: ReadonlyMap<string, string>
  metrics: TopologyMetrics
  crash(error: unknown): void
  log: Logger
}

export interface RunningTopology {
  /** Whether its partitions have been assigned and restored. */
  ready(): boolean
  /** How each of its tasks is at this moment. */
  status(): TopologyStatus
  stop(): Promise<void>
}

/** The consumer group of a topology. */
export const groupOf = (applicationId: string, topology: string) => `${applicationId}.${topology}`

/** Runs a topology on Kafka until it is stopped. Start it in more processes to share the partitions. */
export async function runTopology(options: RunTopologyOptions): Promise<RunningTopology> {
  const runtime = new TopologyRuntime({ ...runDefaults, ...options })
  await runtime.start()
  return runtime
}

class TopologyRuntime implements RunningTopology {
  readonly #options: Required<RunTopologyOptions>
  readonly #runner: TaskRunner
  readonly #inputNames: InputNames
  readonly #metrics: TopologyMetrics
  readonly #groupId: string
  readonly #board: StatusBoard
  readonly #globals = new GlobalTables()
  readonly #stateDirectory: StateDirectory | undefined
  #following: Following | undefined
  #inputs: string[] = []
  #changelogs: ReadonlySet<string> = new Set()
  #partitions = 1
  #consumer: PartitionConsumer | undefined
  #assigned = false

  constructor(options: Required<RunTopologyOptions>) {
    this.#options = options
    this.#groupId = groupOf(options.applicationId, options.topology.name)
    this.#metrics = options.metrics
    const topology = options.topology.name
    const { kafka, stateDir, stateStore, keysInMemory, topicPrefix, guarantee, log } = options
    const refusal = whyNotOnDisk(options)
    if (refusal !== undefined) throw new TopologyError(`${topology}: ${refusal}`)
    this.#inputNames = new InputNames(topicPrefix, options.standIns, options.formerStandIns)
    const group = topicPrefix + this.#groupId
    if (stateDir !== '' && guarantee === 'exactly-once')
      this.#stateDirectory = new StateDirectory({
        kafka,
        stateDir,
        stateStore,
        keysInMemory,
        group,
        topicPrefix,
        log,
      })
    this.#runner = new TaskRunner({
      ...options,
      inputNames: this.#inputNames,
      stateDirectory: this.#stateDirectory,
      groupId: this.#groupId,
      delivery: this.#delivery(),
      onStopped: () => this.#metrics.breakerOpen.set({ topology }, 1),
      onCommit: (rows, seconds) => {
        this.#metrics.rows.inc({ topology }, sum(rows.values()))
        this.#metrics.deadLetters.record(topology, sum(rows.values()))
        this.#metrics.commits.observe({ topology }, seconds)
        this.#board.commits(rows, Date.now())
      },
    })
    this.#board = new StatusBoard(topology)
  }

  ready(): boolean {
    return this.#assigned && !this.#runner.stopped
  }

  status(): TopologyStatus {
    const status = this.#board.status(this.#runner.running, performance.now())
    return this.#runner.stopped ? { ...status, stopped: true } : status
  }

  async start(): Promise<void> {
    const topology = this.#options.topology.name
    this.#metrics.tasks.add(this)
    const first = this.#task(0)
    this.#changelogs = new Set([...first.stores.keys()].map((store) => changelogOf(topology, store)))
    const { inputs, partitions } = await ensureTopologyTopics(first, {
      ...this.#options,
      inputNames: this.#inputNames,
    })
    this.#inputs = inputs
    this.#partitions = partitions
    await checkStores(first, this.#options)
    this.#following = await followGlobalTables(this.#globals, { ...this.#options, topology })
    this.#consumer = await consumePartitions({
      kafka: this.#options.kafka,
      groupId: this.#groupId,
      topics: this.#inputs,
      isolation: 'read_committed',
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => {
        this.#runner.remove(indexesOf(lost))
        this.#board.loses(indexesOf(lost))
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
    this.#metrics.tasks.delete(this)
    await this.#runner.stop()
    await this.#stateDirectory?.close()
    await this.#consumer?.stop()
    await this.#following?.stop()
  }

  /** The order matters: fence the former owner, then look where it stood, then restore what it had. */
  async #takeOver(gained: TopicPartition[]): Promise<Map<string, bigint>> {
    const { kafka, topicPrefix, guarantee, log } = this.#options
    const indexes = indexesOf(gained)
    this.#board.takesOver(indexes, Date.now())
    if (guarantee === 'exactly-once')
      await Promise.all(indexes.map((index) => fence(kafka, this.#transactionalId(index))))
    const positions = await this.#positions(gained)
    const tasks = indexes.map((index) => this.#task(index))
    const stateDirectory = this.#stateDirectory
    const remembered = await restoreTasks(tasks, {
      kafka,
      topicPrefix,
      stateDirectory,
      log,
      onProgress: (progress) => this.#board.restores(progress),
    })
    if (stateDirectory?.signal.aborted === true) return positions
    if (guarantee === 'exactly-once') this.#checkState(remembered, positions)
    this.#runner.add(tasks, positions)
    this.#board.runs(indexes)
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
          `group's offsets have expired, set them, or begin anew by \`continuo reset ${this.#options.topology.name}\``,
      )
    }
  }

  #delivery(): Delivery {
    const { guarantee, ...options } = this.#options
    if (guarantee === 'exactly-once')
      return new ExactlyOnce({ ...options, transactionalId: (index) => this.#transactionalId(index) })
    return new AtLeastOnce({
      ...options,
      isChangelog: (topic) => this.#changelogs.has(topic),
      commitOffsets: (offsets) => this.#consumer!.commit(offsets),
    })
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
      onOutcome: (...[name, step, outcome, reason]) => {
        this.#metrics.outcomes.inc({ topology: name, step, outcome, reason })
        if (outcome === 'dead_letter' && this.#runner.refuses(partition, reason))
          this.#metrics.deadLetters.letter(name)
      },
    })
  }

  #labels({ topic, partition }: TopicPartition) {
    return { topology: this.#options.topology.name, topic, partition: String(partition) }
  }
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((one, other) => one + other, 0)

const indexesOf = (partitions: TopicPartition[]) => [...new Set(partitions.map(({ partition }) => partition))]
