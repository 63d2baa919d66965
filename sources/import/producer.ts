import { type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import type { Play } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { ImportError } from './errors.ts'
import { ledgerKey } from './ledger.ts'
import { sourceOf } from './plays.ts'

export interface ImportProducerOptions {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  applicationId: string
  importId: string
  /** The listener's pseudonym. */
  listener: string
  /** Makes what sends the records of one producer. */
  recordBatches: () => SendRecords
}

/** Records for one topic, by its name without prefix, in their order. */
export interface TopicRecords {
  topic: string
  records: { key: string; value: Buffer; headers?: Record<string, Buffer> }[]
}

/** Sends records in a transaction, and answers where what was sent to a partition ends. */
export type SendRecords = (
  transaction: Transaction,
  records: TopicRecords[],
) => Promise<{ topic: string; partition: number; end: bigint }[]>

/** Where the last play of a transaction lies. */
export interface Position {
  partition: number
  offset: bigint
}

/** After a silence this long Kafka aborts: a killed import holds up readers no longer. */
const TRANSACTION_TIMEOUT_MS = 10_000
/** An entry of the ledger is a key of 32 bytes a play. */
const PLAYS_AN_ENTRY = 500
/** Right after a commit the broker answers "still at it" for some milliseconds; kafkajs would ask again after 300. */
const promptRetry = { initialRetryTime: 5, maxRetryTime: 500, retries: 40 }

/**
 * Writes plays and their ledger entries, both or neither. One transactional id per listener: connecting ends what an earlier import
 * of the same listener has left open, and shuts that one out if it still runs.
 */
export class ImportProducer {
  readonly #options: ImportProducerOptions
  readonly #producer: Producer
  readonly #sendRecords: SendRecords

  constructor(options: ImportProducerOptions) {
    const { kafka, topicPrefix, applicationId, listener } = options
    this.#options = options
    this.#sendRecords = options.recordBatches()
    this.#producer = kafka.producer({
      transactionalId: `${topicPrefix}${applicationId}.import.${listener}`,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: promptRetry,
    })
  }

  /**
   * Once this resolves, an earlier import of the listener can add nothing more, and what it had open is aborted.
   * kafkajs asks for the transactional producer id only at the first transaction: connecting alone shuts nobody out.
   * @throws ImportError if another import of this listener takes over meanwhile, or Kafka refuses.
   */
  async connect(): Promise<void> {
    await this.#producer.connect()
    try {
      const empty = await this.#producer.transaction()
      await empty.abort()
    } catch (error) {
      throw refused('to begin the import', error)
    }
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect()
  }

  /**
   * One transaction. All plays have one user and so go to one partition.
   * @throws ImportError if another import of this listener has taken over, or Kafka was away for too long.
   */
  async send(plays: readonly Play[], producedAt: number): Promise<Position> {
    try {
      const transaction = await this.#producer.transaction()
      try {
        const sent = await this.#sendRecords(transaction, this.#records(plays, producedAt))
        await transaction.commit()
        const { partition, end } = sent.find(({ topic }) => topic === topics.plays.name)!
        return { partition, offset: end - 1n }
      } catch (error) {
        // If this fails as well, the next import of the listener ends the transaction, or its time-out does.
        await transaction.abort().catch(() => undefined)
        throw error
      }
    } catch (error) {
      throw refused('a chunk of plays', error)
    }
  }

  /** Without a time of their own, so that the broker's holds and what is old is not deleted. */
  #records(plays: readonly Play[], producedAt: number): TopicRecords[] {
    const { codec, importId, listener } = this.#options
    const headers = { source: Buffer.from(sourceOf(importId)) }
    const entry = codec.encode(topics.importedPlays, { importId, producedAt })
    const ledger = []
    for (let at = 0; at < plays.length; at += PLAYS_AN_ENTRY) {
      const eventIds = plays.slice(at, at + PLAYS_AN_ENTRY).map(({ eventId }) => eventId)
      ledger.push({ key: ledgerKey(listener, eventIds), value: entry })
    }
    const records = plays.map((play) => ({
      key: play.userId,
      value: codec.encode(topics.plays, play),
      headers,
    }))
    return [
      { topic: topics.plays.name, records },
      { topic: topics.importedPlays.name, records: ledger },
    ]
  }
}

function refused(what: string, error: unknown): ImportError {
  return new ImportError(
    `Kafka refused ${what} (${reasonOf(error)}): either another import of this listener has begun, or Kafka was away for ` +
      'too long. Run the import again: it adds what is missing and nothing else',
    { cause: error },
  )
}

/** The broker's name of an error, or what the client says; neither holds a record. */
function reasonOf(error: unknown): string {
  const { type, message } = error as { type?: string; message?: string }
  return type ?? message ?? 'no reason given'
}
