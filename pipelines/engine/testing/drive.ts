import { Partitioners } from 'kafkajs'
import { Codec } from '../../../schemas/codec.ts'
import { type Topic, topics } from '../../../schemas/topics.ts'
import type { RawRecord } from '../kafka/raw-record.ts'
import { type OutgoingRecord, Task, changelogOf } from '../task.ts'
import type { Topology } from '../topology.ts'
import { registryInMemory } from './registry-in-memory.ts'

/** A row as a test sees it. */
export interface WrittenRow<V> {
  key: string
  value: V
  partition: number
}

export interface SendOptions {
  key?: string
  partition?: number
  /** When the record reached Kafka, ms since 1970. Default: the driver's clock, or its event time where that is later. */
  timestamp?: number
  headers?: Record<string, string | Buffer>
}

export interface DriveOptions {
  /** Partitions of every topic. Default 1. */
  partitions?: number
  /** Where the driver's clock stands, ms since 1970. */
  now?: number
}

interface StoredRecord {
  key: string
  value: Buffer | null
  partition: number
}

/**
 * Runs a topology without a broker: the same operators, codec and tasks, in memory, on a clock that only the test moves.
 *
 *     const kafka = drive(listeningTotals)
 *     await kafka.send(topics.playsClean, play({ … }))
 *     kafka.written(topics.artistTotals)
 */
export function drive(topology: Topology, options: DriveOptions = {}): TopologyDriver {
  return new TopologyDriver(topology, options)
}

/** What the dead letters of every driver are sealed with. */
export const driverDeadLetterKey = { id: 'test', bytes: Buffer.alloc(32, 7) }

/** A topology being driven: see {@link drive}. */
export class TopologyDriver {
  /** The driver's clock, ms since 1970. */
  now: number
  readonly #topology: Topology
  readonly #partitions: number
  readonly #codec = new Codec(registryInMemory())
  readonly #log = new Map<string, StoredRecord[]>()
  readonly #registered = new Set<string>()
  readonly #partitioner = Partitioners.DefaultPartitioner()
  #tasks: Task[] = []

  constructor(topology: Topology, { partitions = 1, now = Date.UTC(2026, 0, 1, 12) }: DriveOptions) {
    this.#topology = topology
    this.#partitions = partitions
    this.now = now
    this.#start()
  }

  /** Sends one value and runs until nothing moves any more, repartition topics included. */
  async send<V>(topic: Topic<V>, value: V, options: SendOptions = {}): Promise<void> {
    await this.#register(topic)
    await this.sendBytes(topic, this.#codec.encode(topic, value), options)
  }

  /** Sends bytes as they are: for what no codec would write. */
  async sendBytes(topic: Topic<unknown>, value: Buffer | null, options: SendOptions = {}): Promise<void> {
    const own = this.#tasks.flatMap((task) => [...task.inputs, ...task.outputs])
    for (const each of [...Object.values(topics), ...own]) await this.#register(each)
    await this.#codec.load([value])
    const partition = options.partition ?? this.#partitionFor(topic.name, options.key ?? '')
    this.#append({ topic: topic.name, partition, key: options.key ?? '', value }, options)
  }

  /** All rows written to a topic so far, decoded; values are plain objects, to be compared with literals. */
  written<V>(topic: Topic<V>): WrittenRow<V>[] {
    return (this.#log.get(topic.name) ?? []).map(({ key, value, partition }) => ({
      key,
      partition,
      value: { ...this.#codec.decode(topic, value) },
    }))
  }

  /** Loses everything that is in memory and restores it from the changelogs, as a process does after kill -9. */
  crash(): void {
    this.#start()
    for (const task of this.#tasks) {
      for (const name of task.stores.keys()) {
        for (const { key, value, partition } of this.#log.get(changelogOf(task.topology, name)) ?? []) {
          if (partition === task.partition) task.restore(name, { key, value })
        }
      }
      task.restored()
    }
  }

  #start(): void {
    this.#tasks = Array.from(
      { length: this.#partitions },
      (_, partition) =>
        new Task({
          topology: this.#topology,
          partition,
          codec: this.#codec,
          deadLetterKey: driverDeadLetterKey,
        }),
    )
  }

  #append(record: OutgoingRecord, { timestamp, headers = record.headers ?? {} }: SendOptions = {}): void {
    const { topic, key, value } = record
    const partition = record.partition ?? this.#partitionFor(topic, key)
    const log = this.#log.get(topic) ?? []
    this.#log.set(topic, log)
    const offset = BigInt(log.filter((each) => each.partition === partition).length)
    log.push({ key, value, partition })

    const task = this.#tasks[partition]
    if (task === undefined || !task.inputs.some(({ name }) => name === topic)) return
    const raw: RawRecord = {
      topic,
      partition,
      offset,
      timestamp: this.now,
      key: Buffer.from(key),
      value,
      headers,
    }
    // A record reaches Kafka at the driver's clock, or when it happened, whichever is later.
    raw.timestamp = timestamp ?? Math.max(this.now, task.timeOf(topic, raw) ?? this.now)
    task.process(topic, raw)
    for (const written of task.takeOutgoing()) this.#append(written)
  }

  #partitionFor(topic: string, key: string): number {
    const partitionMetadata = Array.from({ length: this.#partitions }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      replicas: [0],
      isr: [0],
      partitionErrorCode: 0,
    }))
    return this.#partitioner({ topic, partitionMetadata, message: { key, value: null } })
  }

  async #register(topic: Topic<unknown>): Promise<void> {
    if (this.#registered.has(topic.name)) return
    this.#registered.add(topic.name)
    await this.#codec.register(topic)
  }
}
