import { type Kafka, type Producer, Partitioners } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import type { Play } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { ImportError } from './errors.ts'
import { ledgerKey } from './ledger.ts'

export interface ImportProducerOptions {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  applicationId: string
  importId: string
  /** The listener's pseudonym. */
  listener: string
}

/** Where the last play of a transaction lies. */
export interface Position {
  partition: number
  offset: bigint
}

/** After a silence this long Kafka aborts: a killed import holds up readers no longer. */
const TRANSACTION_TIMEOUT_MS = 10_000
/** Right after a commit the broker answers "still at it" for some milliseconds; kafkajs would ask again after 300. */
const promptRetry = { initialRetryTime: 5, maxRetryTime: 500, retries: 40 }

/**
 * Writes plays and their ledger entries, both or neither. One transactional id per listener: connecting ends what an earlier import
 * of the same listener has left open, and shuts that one out if it still runs.
 */
export class ImportProducer {
  readonly #options: ImportProducerOptions
  readonly #producer: Producer

  constructor(options: ImportProducerOptions) {
    const { kafka, topicPrefix, applicationId, listener } = options
    this.#options = options
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
        const written = await transaction.sendBatch({ topicMessages: this.#messages(plays, producedAt) })
        await transaction.commit()
        const { partition, baseOffset } = written.find(({ topicName }) => topicName === this.#topic('plays'))!
        return { partition, offset: BigInt(baseOffset!) + BigInt(plays.length - 1) }
      } catch (error) {
        // If this fails as well, the next import of the listener ends the transaction, or its time-out does.
        await transaction.abort().catch(() => undefined)
        throw error
      }
    } catch (error) {
      throw refused('a chunk of plays', error)
    }
  }

  #topic(name: 'plays' | 'importedPlays'): string {
    return `${this.#options.topicPrefix}${topics[name].name}`
  }

  #messages(plays: readonly Play[], producedAt: number) {
    const { codec, importId, listener } = this.#options
    const entry = codec.encode(topics.importedPlays, { importId, producedAt })
    return [
      {
        topic: this.#topic('plays'),
        messages: plays.map((play) => ({
          key: play.userId,
          value: codec.encode(topics.plays, play),
          headers: { source: play.source },
        })),
      },
      {
        topic: this.#topic('importedPlays'),
        messages: plays.map(({ eventId }) => ({ key: ledgerKey(listener, eventId), value: entry })),
      },
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
