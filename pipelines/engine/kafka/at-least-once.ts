import { type Kafka, Partitioners, type Producer } from 'kafkajs'
import { NotOwnerError } from './consume-partitions.ts'
import type { Delivered, Delivery } from './delivery.ts'
import type { OffsetToCommit } from './offsets.ts'
import { OutgoingBatches } from './outgoing-batches.ts'
import { NotCommitted, asRefusal } from './refusals.ts'

export interface AtLeastOnceOptions {
  kafka: Kafka
  topicPrefix: string
  /** Whether a topic (without prefix) is a changelog. */
  isChangelog(topic: string): boolean
  commitOffsets(offsets: OffsetToCommit[]): Promise<void>
}

interface PlainProducer {
  producer: Producer
  batches: OutgoingBatches
}

/**
 * Writes outputs, then changelogs, then offsets, without a transaction. What a kill interrupts is done again: rows may be written more
 * than once, and state may have seen a record twice. In this order nothing is lost by it: state never remembers a record of which the
 * outputs are not there. Only a transaction keeps a frozen process that wakes from writing what it had under way.
 */
export class AtLeastOnce implements Delivery {
  readonly #options: AtLeastOnceOptions
  #producer: PlainProducer | undefined

  constructor(options: AtLeastOnceOptions) {
    this.#options = options
  }

  async commit({ outgoing, offsets: { offsets } }: Delivered): Promise<ReadonlyMap<string, bigint>> {
    const { topicPrefix, isChangelog, commitOffsets } = this.#options
    const ends = new Map<string, bigint>()
    let written = false
    try {
      const { producer, batches } = await this.#connected()
      for (const isTurn of [false, true]) {
        const turn = outgoing.filter(({ topic }) => isChangelog(topic) === isTurn)
        for (const [partition, end] of await batches.send(producer, turn, (topic) => topicPrefix + topic))
          ends.set(partition, end)
      }
      written = true
      await commitOffsets(offsets)
      return ends
    } catch (error) {
      if (!written) await this.forget()
      throw error instanceof NotOwnerError
        ? new NotCommitted('group', error, { written })
        : asRefusal(error, { written })
    }
  }

  async forget(): Promise<void> {
    const former = this.#producer
    this.#producer = undefined
    await former?.producer.disconnect()
  }

  async #connected(): Promise<PlainProducer> {
    if (this.#producer !== undefined) return this.#producer
    const { kafka } = this.#options
    const producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      maxInFlightRequests: 1,
      // What fails is sent again by a new producer.
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    })
    await producer.connect()
    this.#producer = { producer, batches: new OutgoingBatches(kafka) }
    return this.#producer
  }
}
