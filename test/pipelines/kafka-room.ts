import { randomUUID } from 'node:crypto'
import { type Admin, CompressionTypes, type Kafka, type Message } from 'kafkajs'
import pino from 'pino'
import { Registry } from 'prom-client'
import {
  type RunningTopology,
  type StateStore,
  type Topology,
  connectKafka,
  ensureTopics,
  hours,
  runTopology,
  topologyMetrics,
} from '../../pipelines/engine/index.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { type RawRecord, partitionKey } from '../../pipelines/engine/raw-record.ts'
import type { Guarantee } from '../../pipelines/engine/kafka/delivery.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { groupOf } from '../../pipelines/engine/kafka/run-topology.ts'
import { plain } from '../../pipelines/engine/testing/plain.ts'
import { anonymise } from '../../pipelines/topologies/anonymise.ts'
import { listeningTotals } from '../../pipelines/topologies/listening-totals.ts'
import { Codec } from '../../schemas/codec.ts'
import { topicMigrations } from '../../schemas/migrations/index.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { type ServiceUrls, services } from '../kit/services.ts'
import { until } from '../kit/until.ts'

export const roomKeys = {
  pseudonyms: pseudonyms([Buffer.alloc(32, 1)]),
  deadLetterKey: { id: 'k1', bytes: Buffer.alloc(32, 2) },
}

/** A process of a room may say on its standard error what it is at. */
const log = pino({ level: process.env['ROOM_LOG_LEVEL'] ?? 'silent' }, pino.destination(2))

/** The product's topologies, with the keys of a test. */
export const roomTopologies = {
  anonymise: anonymise({ pseudonyms: roomKeys.pseudonyms, rememberMs: hours(1) }),
  'listening-totals': listeningTotals,
} satisfies Record<string, Topology>

/** Where a room is: what another process needs to enter it. */
export interface RoomAddress {
  topicPrefix: string
  applicationId: string
  /** Where state is kept beside the changelogs, if anywhere. */
  stateDir?: string
  /** Where state is at work. Default: `memory`. */
  stateStore?: StateStore
  /** Of state on disk. Default: as `runTopology` has it. */
  keysInMemory?: number
  /** What brokers know who enters by. Default: `test`. */
  clientId?: string
}

/** Where a room lies: on the services of the run, if nothing else is said. */
export type RoomServices = Pick<ServiceUrls, 'kafkaBrokers' | 'schemaRegistryUrl'>

/** A place of a test's own on the shared Kafka: topics under a prefix, groups and transactional ids under another name. */
export class KafkaRoom {
  readonly kafka: Kafka
  readonly codec: Codec
  readonly address: RoomAddress
  readonly #services: RoomServices
  /** Of the topologies that run in it. */
  readonly metrics = new Registry()
  readonly #metrics = topologyMetrics(this.metrics)
  readonly #running = new Set<RunningTopology>()
  readonly #own: Topic<unknown>[] = []

  private constructor(kafka: Kafka, codec: Codec, address: RoomAddress, lies: RoomServices) {
    this.kafka = kafka
    this.codec = codec
    this.address = address
    this.#services = lies
  }

  /** Connects to a room whose topics exist. */
  static async enter(address: RoomAddress, lies?: RoomServices): Promise<KafkaRoom> {
    const { kafkaBrokers, schemaRegistryUrl } = lies ?? (await services())
    const kafka = connectKafka({
      clientId: address.clientId ?? 'test',
      brokers: kafkaBrokers.split(','),
      tls: false,
      log,
    })
    const codec = new Codec(connectRegistry(schemaRegistryUrl, log), address.topicPrefix)
    for (const topic of Object.values(topics)) await codec.register(topic)
    return new KafkaRoom(kafka, codec, address, { kafkaBrokers, schemaRegistryUrl })
  }

  /** A new room with the topics of the product. */
  static async make({
    partitions = 2,
    ...of
  }: { partitions?: number } & Pick<
    RoomAddress,
    'stateDir' | 'stateStore' | 'keysInMemory'
  > = {}): Promise<KafkaRoom> {
    const name = `test-${randomUUID()}`
    const room = await KafkaRoom.enter({ topicPrefix: `${name}.`, applicationId: name, ...of })
    const counts = new Map(
      topicMigrations
        .flat()
        .map(({ topic, partitions: count }) => [topic, count === 'plays' ? partitions : count]),
    )
    await room.#create(counts)
    return room
  }

  /** Adds topics of a test's own, each with so many partitions. */
  async add(added: Topic<unknown>[], partitions: (topic: Topic<unknown>) => number): Promise<void> {
    await this.#create(new Map(added.map((topic) => [topic, partitions(topic)])))
    await this.know(added)
  }

  /** Creates topics with so many partitions each. */
  async #create(counts: ReadonlyMap<Topic<unknown>, number>): Promise<void> {
    const specs = [...counts].map(([topic, partitions]) => ({
      topic: this.nameOf(topic),
      partitions,
      config: topic.config,
    }))
    await ensureTopics(this.kafka, specs, 1)
  }

  /** Says which topics of a test's own there are already. */
  async know(own: Topic<unknown>[]): Promise<void> {
    for (const topic of own) await this.codec.register(topic)
    this.#own.push(...own)
  }

  /** As Kafka knows it. */
  nameOf(topic: Topic<unknown>): string {
    return this.address.topicPrefix + topic.name
  }

  /** Runs a topology as a process does. Without `crash` an unexpected error ends the test's process. */
  async run(topology: Topology, crash: (error: unknown) => void = unexpected): Promise<RunningTopology> {
    const crashed = Promise.withResolvers<never>()
    crashed.promise.catch(crash)
    const running = await this.start(topology, crashed.reject)
    this.#running.add(running)
    const stop = () => (this.#running.delete(running) ? running.stop() : Promise.resolve())
    const ready = until(() => running.ready(), { what: `${topology.name} to be assigned`, within: 30_000 })
    try {
      await Promise.race([ready, crashed.promise])
    } catch (error) {
      await stop()
      throw error
    }
    return { ready: () => running.ready(), status: () => running.status(), stop }
  }

  /** Runs a topology that is stopped by the caller, without waiting until it is ready. */
  async start(
    topology: Topology,
    crash: (error: unknown) => void,
    guarantee: Guarantee = 'exactly-once',
  ): Promise<RunningTopology> {
    return runTopology({
      ...this.address,
      kafka: this.kafka,
      topology,
      codec: await this.#ownCodec(),
      deadLetterKey: roomKeys.deadLetterKey,
      // Longer than any test waits: an input at its end has to be known as such.
      maxTaskIdleMs: 120_000,
      guarantee,
      metrics: this.#metrics,
      crash,
      log,
    })
  }

  /** All committed records of some topics, from their beginning to where they end now. */
  async records(...of: Topic<unknown>[]): Promise<RawRecord[]> {
    const names = of.map((topic) => this.nameOf(topic))
    const partitions = await withAdmin(this.kafka, async (admin) => {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: names })
      return found.flatMap((each) =>
        each.partitions.map(({ partitionId }) => ({ topic: each.name, partition: partitionId })),
      )
    })
    const found: RawRecord[] = []
    await readToEnd(this.kafka, partitions, (record) => found.push(record))
    return found
  }

  /** All committed values of a topic. */
  async values<V>(topic: Topic<V>): Promise<V[]> {
    const records = await this.records(topic)
    await this.codec.load(records.map(({ value }) => value))
    return records.map(({ value }) => plain(this.codec.decode(topic, value)))
  }

  /** Writes values as a plain producer does. */
  async send<V>(topic: Topic<V>, values: V[], key: (value: V) => string): Promise<void> {
    await this.sendBytes(
      topic,
      values.map((value) => ({ key: key(value), value: this.codec.encode(topic, value) })),
    )
  }

  /** Writes messages as they are. */
  async sendBytes(
    topic: Topic<unknown>,
    messages: Message[],
    compression = CompressionTypes.None,
  ): Promise<void> {
    const producer = this.kafka.producer()
    await producer.connect()
    await producer.send({ topic: this.nameOf(topic), messages, compression })
    await producer.disconnect()
  }

  /** Waits until a topology has committed all records that some topics of its hold now. */
  async caughtUp(topology: string, ...inputs: Topic<unknown>[]): Promise<void> {
    const last = new Map<string, bigint>()
    for (const record of await this.records(...inputs)) last.set(partitionKey(record), record.offset)
    const wanted = {
      groupId: groupOf(this.address.applicationId, topology),
      topics: inputs.map((topic) => this.nameOf(topic)),
    }
    const behind = async (admin: Admin) => {
      const next = new Map<string, bigint>()
      for (const { topic, partitions } of await admin.fetchOffsets(wanted))
        for (const { partition, offset } of partitions)
          next.set(partitionKey({ topic, partition }), BigInt(offset))
      return [...last].some(([partition, offset]) => (next.get(partition) ?? -1n) <= offset)
    }
    await withAdmin(this.kafka, (admin) =>
      until(async () => !(await behind(admin)), {
        what: `${topology} to have read all of ${inputs.map(({ name }) => name).join(', ')}`,
        within: 60_000,
        every: 50,
      }),
    )
  }

  /** Stops what still runs, and removes all topics. */
  async remove(): Promise<void> {
    for (const running of this.#running) await running.stop()
    await withAdmin(this.kafka, async (admin) => {
      const all = await admin.listTopics()
      await admin.deleteTopics({ topics: all.filter((each) => each.startsWith(this.address.topicPrefix)) })
    })
  }

  /** What a process has of its own: schemas are loaded by each anew. */
  async #ownCodec(): Promise<Codec> {
    const registry = connectRegistry(this.#services.schemaRegistryUrl, log)
    const codec = new Codec(registry, this.address.topicPrefix)
    for (const topic of [...Object.values(topics), ...this.#own]) await codec.register(topic)
    return codec
  }
}

/** Ends this process, as a topology's process ends. */
function unexpected(error: unknown): never {
  console.error(error)
  process.exit(1)
}
