import type { Kafka } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Codec } from '../../../schemas/codec.ts'
import type { DeadLetterKey } from '../dead-letters.ts'
import { Task, changelogOf } from '../task.ts'
import type { Topology } from '../topology.ts'
import { type PartitionConsumer, consumePartitions } from './consume-partitions.ts'
import { type TopicSpec, TopicError, ensureTopics, partitionCounts, withAdmin } from './ensure-topics.ts'
import { stableOffsets } from './group-fence.ts'
import type { TopologyMetrics } from './metrics.ts'
import { type TopicPartition, partitionKey } from './raw-record.ts'
import { readToEnd } from './read-to-end.ts'
import { TaskRunner } from './task-runner.ts'
import { fence } from './transaction.ts'

export interface RunTopologyOptions {
  kafka: Kafka
  topology: Topology
  /** With every topic registered that the topology writes. */
  codec: Codec
  topicPrefix: string
  /** Names groups, transactional ids and, with the prefix, changelogs. */
  applicationId: string
  deadLetterKey: DeadLetterKey
  replicationFactor: number
  commitGapMs: number
  metrics: TopologyMetrics
  crash(error: unknown): void
  log: Logger
}

export interface RunningTopology {
  /** Whether its partitions have been assigned and restored. */
  ready(): boolean
  stop(): Promise<void>
}

/** The consumer group of a topology. */
export const groupOf = (applicationId: string, topology: string) => `${applicationId}.${topology}`

/** Runs a topology on Kafka, exactly once, until it is stopped. Start it in more processes to share the partitions. */
export async function runTopology(options: RunTopologyOptions): Promise<RunningTopology> {
  const runtime = new TopologyRuntime(options)
  await runtime.start()
  return runtime
}

class TopologyRuntime implements RunningTopology {
  readonly #options: RunTopologyOptions
  readonly #runner: TaskRunner
  readonly #metrics: TopologyMetrics
  readonly #groupId: string
  #inputs: string[] = []
  #stores: string[] = []
  #consumer: PartitionConsumer | undefined
  #assigned = false

  constructor(options: RunTopologyOptions) {
    this.#options = options
    this.#groupId = groupOf(options.applicationId, options.topology.name)
    this.#metrics = options.metrics
    const topology = options.topology.name
    this.#runner = new TaskRunner({
      ...options,
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
    await this.#prepareTopics()
    this.#consumer = await consumePartitions({
      kafka: this.#options.kafka,
      groupId: this.#groupId,
      topics: this.#inputs,
      isolation: 'read_committed',
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => {
        this.#runner.remove(indexesOf(lost))
        return Promise.resolve()
      },
      onJoined: (member) => {
        this.#runner.joined(member)
      },
      onBatch: async (batch, heartbeat) => {
        this.#metrics.lag.set(this.#labels(batch), Number(batch.highWatermark - batch.nextOffset))
        this.#runner.accept(batch)
        while (this.#runner.full) {
          await delay(5)
          await heartbeat()
        }
      },
      crash: this.#options.crash,
      log: this.#options.log,
    })
  }

  async stop(): Promise<void> {
    this.#assigned = false
    await this.#runner.stop()
    await this.#consumer?.stop()
  }

  /** Finds out what the topology reads and remembers, and makes its changelogs. */
  async #prepareTopics(): Promise<void> {
    const { topology, topicPrefix, kafka, replicationFactor } = this.#options
    const task = this.#task(0)
    task.close()
    this.#inputs = task.inputs.map(({ name }) => topicPrefix + name)
    this.#stores = [...task.stores.keys()]
    const counts = await withAdmin(kafka, (admin) => partitionCounts(admin, this.#inputs))
    const [partitions = 0, ...others] = new Set(counts.values())
    if (others.length > 0) {
      const found = [...counts].map(([name, count]) => `${name} has ${count}`).join(', ')
      throw new TopicError(`The topics of ${topology.name} must have equally many partitions, but ${found}`)
    }
    const changelogs = [...task.stores].map(([store, { retention }]): TopicSpec => ({
      topic: topicPrefix + changelogOf(topology.name, store),
      partitions,
      config:
        retention === undefined
          ? { 'cleanup.policy': 'compact' }
          : { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retention.retentionMs) },
    }))
    await ensureTopics(kafka, changelogs, replicationFactor)
  }

  /** The order matters: fence the former owner, then look where it stood, then restore what it had. */
  async #takeOver(gained: TopicPartition[]): Promise<Map<string, bigint>> {
    const indexes = indexesOf(gained)
    await Promise.all(indexes.map((index) => fence(this.#options.kafka, this.#transactionalId(index))))
    const positions = await this.#committed(gained)
    const tasks = new Map(indexes.map((index) => [index, this.#task(index)]))
    await this.#restore(tasks)
    this.#runner.add(tasks.values())
    this.#assigned = true
    return positions
  }

  async #committed(gained: TopicPartition[]): Promise<Map<string, bigint>> {
    const wanted = new Set(gained.map(partitionKey))
    const topics = [...new Set(gained.map(({ topic }) => topic))]
    const found = await withAdmin(this.#options.kafka, (admin) =>
      stableOffsets(() => admin.fetchOffsets({ groupId: this.#groupId, topics })),
    )
    const positions = new Map<string, bigint>()
    for (const { topic, partitions } of found) {
      for (const { partition, offset } of partitions) {
        const key = partitionKey({ topic, partition })
        if (wanted.has(key) && BigInt(offset) >= 0n) positions.set(key, BigInt(offset))
      }
    }
    return positions
  }

  async #restore(tasks: ReadonlyMap<number, Task>): Promise<void> {
    const { kafka, topology, topicPrefix, log } = this.#options
    const stores = new Map(
      this.#stores.map((store) => [topicPrefix + changelogOf(topology.name, store), store]),
    )
    const changelogs = [...stores.keys()].flatMap((topic) =>
      [...tasks.keys()].map((partition) => ({ topic, partition })),
    )
    let rows = 0
    await readToEnd(kafka, changelogs, ({ topic, partition, key, value }) => {
      rows += 1
      tasks.get(partition)?.restore(stores.get(topic) ?? '', { key: key?.toString() ?? '', value })
    })
    for (const task of tasks.values()) task.restored()
    log.info({ topology: topology.name, tasks: [...tasks.keys()], rows }, 'state restored')
  }

  #transactionalId(index: number): string {
    return `${this.#options.topicPrefix}${this.#groupId}.${index}`
  }

  #task(partition: number): Task {
    const { topology, codec, deadLetterKey } = this.#options
    return new Task({
      topology,
      partition,
      codec,
      deadLetterKey,
      onOutcome: (...[name, step, outcome, reason]) =>
        this.#metrics.outcomes.inc({ topology: name, step, outcome, reason }),
    })
  }

  #labels({ topic, partition }: TopicPartition) {
    return { topology: this.#options.topology.name, topic, partition: String(partition) }
  }
}

const indexesOf = (partitions: TopicPartition[]) => [...new Set(partitions.map(({ partition }) => partition))]
