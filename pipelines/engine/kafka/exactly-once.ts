import type { Kafka } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { partitionKey } from '../raw-record.ts'
import type { Delivered, Delivery } from './delivery.ts'
import { type GroupOffsets, committedOffsets } from './offsets.ts'
import { InDoubt, NotCommitted } from './refusals.ts'
import { type FencedProducer, commitTogether, fencedProducer } from './transaction.ts'

export interface ExactlyOnceOptions {
  kafka: Kafka
  topicPrefix: string
  /** The id under which a process writes whose lowest partition index this is. */
  transactionalId(lowest: number): string
  log: Logger
}

/** Commits outputs, changelog and offsets in one transaction. */
export class ExactlyOnce implements Delivery {
  readonly #options: ExactlyOnceOptions
  readonly #process = randomUUID()
  #transactions = 0
  #producer: { lowest: number; producer: FencedProducer } | undefined

  constructor(options: ExactlyOnceOptions) {
    this.#options = options
  }

  async commit({ lowest, outgoing, offsets }: Delivered): Promise<ReadonlyMap<string, bigint>> {
    const { topicPrefix, log } = this.#options
    const signed = this.#signed(offsets)
    try {
      return await commitTogether(
        await this.#fenced(lowest),
        outgoing,
        signed,
        (topic) => topicPrefix + topic,
      )
    } catch (error) {
      await this.forget()
      if (!(error instanceof InDoubt)) throw error
      log.warn({ group: offsets.groupId, error }, 'transaction in doubt: asking the group where it stands')
      // Whoever has taken the id has ended the transaction; else the next producer does.
      if (error.refusal !== 'id') await this.#fenced(lowest)
      if (!(await this.#isCommitted(signed))) throw new NotCommitted(error.refusal, error)
      return error.ends
    }
  }

  async forget(): Promise<void> {
    const former = this.#producer
    this.#producer = undefined
    await former?.producer.disconnect()
  }

  /** Of the partitions that a process has, the lowest names its producer: whoever gains that one ends its transaction. */
  async #fenced(lowest: number): Promise<FencedProducer> {
    if (this.#producer?.lowest !== lowest) await this.forget()
    if (this.#producer === undefined) {
      const { kafka, transactionalId } = this.#options
      this.#producer = { lowest, producer: await fencedProducer(kafka, transactionalId(lowest)) }
    }
    return this.#producer.producer
  }

  /** Offsets that tell by their metadata of which transaction they are: others may be committed at the same place. */
  #signed({ offsets, ...of }: GroupOffsets): GroupOffsets {
    const metadata = `${this.#process}:${++this.#transactions}`
    return { ...of, offsets: offsets.map((each) => ({ ...each, metadata })) }
  }

  /**
   * Whether a transaction that is over has been committed. In partitions that are another's by now its offsets may have been written
   * over; in those that are still ours nobody has; and if none is, the answer is of no more importance.
   */
  async #isCommitted({ groupId, offsets }: GroupOffsets): Promise<boolean> {
    const topics = [...new Set(offsets.map(({ topic }) => topic))]
    const committed = await committedOffsets(this.#options.kafka, groupId, topics)
    return offsets.some((each) => committed.get(partitionKey(each))?.metadata === each.metadata)
  }
}
