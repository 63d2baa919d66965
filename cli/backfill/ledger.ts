import type { Kafka, Message } from 'kafkajs'
import { type FencedProducer, fencedProducer } from '../../pipelines/engine/kafka/transaction.ts'
import type { Config } from '../config.ts'
import type { JsonTopicPlace } from '../json-topic.ts'
import { versionsInKafka } from '../versions/versions-in-kafka.ts'
import type { TopologyVersion, VersionRecord } from '../versions/versions.ts'

/** What a transaction can be asked for. */
export type Transaction = Awaited<ReturnType<FencedProducer['transaction']>>

export interface LedgerOptions extends JsonTopicPlace {
  kafka: Kafka
  config: Pick<Config, 'TOPIC_PREFIX' | 'REPLICATION_FACTOR' | 'APPLICATION_ID'>
  topology: string
}

/**
 * Writes down what becomes of a topology's versions. There is one writer for each topology: the one that came last; another that still
 * has a pen, as it was frozen, writes nothing more.
 */
export class Ledger {
  readonly #producer: FencedProducer
  readonly #place: JsonTopicPlace

  private constructor(producer: FencedProducer, place: JsonTopicPlace) {
    this.#producer = producer
    this.#place = place
  }

  static async open({ kafka, config, topology }: LedgerOptions): Promise<Ledger> {
    const place = { kafka, config }
    await versionsInKafka.ensure(place)
    const id = `${config.TOPIC_PREFIX}${config.APPLICATION_ID}.backfill.${topology}`
    return new Ledger(await fencedProducer(kafka, id), place)
  }

  /** Writes records, and with them whatever `more` writes, together or not at all. */
  async write(messages: Message[], more?: (transaction: Transaction) => Promise<void>): Promise<void> {
    const transaction = await this.#producer.transaction()
    try {
      await more?.(transaction)
      await transaction.send({
        topic: versionsInKafka.nameAt(this.#place),
        messages: messages.map((each) => ({ ...each, partition: 0 })),
      })
      await transaction.commit()
    } catch (error) {
      if (transaction.isActive()) await transaction.abort().catch(() => undefined)
      throw error
    }
  }

  /** The last word on a version: nobody else can have written another since, for whoever had the pen before has it no longer. */
  async recordOf({ topology, version }: TopologyVersion): Promise<VersionRecord | undefined> {
    const known = (await versionsInKafka.read(this.#place)).of(topology)
    return known.find((each) => each.version === version)?.record
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }
}
