import { type Kafka, type Message, Partitioners, type Producer, type Transaction } from 'kafkajs'
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
/** kafkajs copies what it has gathered for a partition with each record more. */
const PLAYS_A_REQUEST = 500
/** What goes to a partition in one request may not be larger than a record of the topic, 1 MB unless said otherwise. */
const BYTES_A_REQUEST = 384 * 1024
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
        let last: Position | undefined
        for (const batch of this.#batches(plays, producedAt)) last = await this.#sendBatch(transaction, batch)
        await transaction.commit()
        return last!
      } catch (error) {
        // If this fails as well, the next import of the listener ends the transaction, or its time-out does.
        await transaction.abort().catch(() => undefined)
        throw error
      }
    } catch (error) {
      throw refused('a chunk of plays', error)
    }
  }

  async #sendBatch(transaction: Transaction, { plays, ledger }: Batch): Promise<Position> {
    const topicMessages = [
      { topic: this.#topic('plays'), messages: plays },
      { topic: this.#topic('importedPlays'), messages: [ledger] },
    ]
    const written = await transaction.sendBatch({ topicMessages })
    const { partition, baseOffset } = written.find(({ topicName }) => topicName === this.#topic('plays'))!
    return { partition, offset: BigInt(baseOffset!) + BigInt(plays.length - 1) }
  }

  #topic(name: 'plays' | 'importedPlays'): string {
    return `${this.#options.topicPrefix}${topics[name].name}`
  }

  /** As many plays as one request may have; without a time of their own, so that the broker's holds and what is old is not deleted. */
  *#batches(plays: readonly Play[], producedAt: number): Generator<Batch> {
    const { codec, importId, listener } = this.#options
    const entry = codec.encode(topics.importedPlays, { importId, producedAt })
    let messages: Message[] = []
    let eventIds: string[] = []
    let bytes = 0
    const batch = () => ({ plays: messages, ledger: { key: ledgerKey(listener, eventIds), value: entry } })
    for (const play of plays) {
      const value = codec.encode(topics.plays, play)
      if (
        messages.length === PLAYS_A_REQUEST ||
        (messages.length > 0 && bytes + value.length > BYTES_A_REQUEST)
      ) {
        yield batch()
        messages = []
        eventIds = []
        bytes = 0
      }
      messages.push({ key: play.userId, value, headers: { source: play.source } })
      eventIds.push(play.eventId)
      bytes += value.length
    }
    yield batch()
  }
}

/** What goes into one request. */
interface Batch {
  plays: Message[]
  ledger: Message
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
