import { type Kafka, type Message, Partitioners } from 'kafkajs'
import { ensureTopics } from '../pipelines/engine/kafka/ensure-topics.ts'
import { topicExists } from '../pipelines/engine/kafka/admin.ts'
import { type Following, followPartitions } from '../pipelines/engine/kafka/follow-partitions.ts'
import { heldEnds } from '../pipelines/engine/kafka/offsets.ts'
import { readToEnd } from '../pipelines/engine/kafka/read-to-end.ts'
import type { Config } from './config.ts'

/** Where a topic of JSON lies. */
export interface JsonTopicPlace {
  kafka: Kafka
  config: Pick<Config, 'TOPIC_PREFIX' | 'REPLICATION_FACTOR'>
}

/** A topic to be made. */
interface JsonTopicSpec {
  /** Without prefix. */
  name: string
  partitions: 1
  config: Readonly<Record<string, string>>
}

/** Whoever keeps what a topic says: the last record of a key counts, null deletes it. */
export interface Keeper {
  take(key: string, value: Buffer | null): void
}

const FETCH_WAIT_MS = 500

/**
 * A small compacted topic of one partition, whose values are JSON and not Avro, so that Kafka alone tells what it says. Those who read it make
 * one who keeps it, and have that take each record.
 */
export class JsonTopic<K extends Keeper> {
  readonly #spec: JsonTopicSpec
  readonly #make: () => K

  constructor(spec: JsonTopicSpec, make: () => K) {
    this.#spec = spec
    this.#make = make
  }

  /** As Kafka knows it. */
  nameAt({ config }: JsonTopicPlace): string {
    return config.TOPIC_PREFIX + this.#spec.name
  }

  /** What it says at this moment; nothing, if it is not there. */
  async read(place: JsonTopicPlace): Promise<K> {
    const [topic, keeper] = [this.nameAt(place), this.#make()]
    if (await topicExists(place.kafka, topic))
      await readToEnd(place.kafka, [{ topic, partition: 0 }], ({ key, value }) =>
        keeper.take(key?.toString() ?? '', value),
      )
    return keeper
  }

  /** Makes the topic, if it is not there. */
  ensure(place: JsonTopicPlace): Promise<void> {
    return ensureTopics(
      place.kafka,
      [{ ...this.#spec, topic: this.nameAt(place) }],
      place.config.REPLICATION_FACTOR,
    )
  }

  /** Writes records, all or, should the process end amid them, some. */
  async write(place: JsonTopicPlace, messages: Message[]): Promise<void> {
    await this.ensure(place)
    const producer = place.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    try {
      await producer.send({ topic: this.nameAt(place), messages, acks: -1 })
    } finally {
      await producer.disconnect()
    }
  }

  /**
   * Follows what it says. It answers when it has read all that there is, and has told it; from then on it tells each change.
   * @param onChange told after each; while it has not returned, or settled, no more is read
   */
  async follow(
    place: JsonTopicPlace,
    onChange: (keeper: K) => Promise<void> | void,
    crash: (error: unknown) => void,
  ): Promise<Following> {
    await this.ensure(place)
    const partitions = [{ topic: this.nameAt(place), partition: 0 }]
    const keeper = this.#make()
    return followPartitions({
      kafka: place.kafka,
      partitions,
      maxWaitMs: FETCH_WAIT_MS,
      crash,
      until: await heldEnds(place.kafka, partitions),
      async onRecords(records) {
        for (const { key, value } of records) keeper.take(key?.toString() ?? '', value)
        if (records.length > 0) await onChange(keeper)
      },
    })
  }
}

/** A value of such a topic; what another release may have written, and is no JSON, is undefined. */
export function jsonIn(value: Buffer | null): unknown {
  try {
    return value === null ? undefined : JSON.parse(value.toString())
  } catch {
    return undefined
  }
}
