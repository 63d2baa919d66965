import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { partitionKey } from '../raw-record.ts'
import type { OutgoingRecord } from '../outbox.ts'
import { committedOffsets } from './offsets.ts'
import {
  type FencedProducer,
  type GroupOffsets,
  InDoubt,
  NotCommitted,
  commitTogether,
  fencedProducer,
} from './transaction.ts'

export interface ExactlyOnceOptions {
  kafka: Kafka
  topicPrefix: string
  /** The id under which a process writes whose lowest partition index this is. */
  transactionalId(lowest: number): string
  log: Logger
}

/** Commits outputs, changelog and offsets in one transaction. */
export class ExactlyOnce {
  readonly #options: ExactlyOnceOptions
  #producer: { lowest: number; producer: FencedProducer } | undefined

  constructor(options: ExactlyOnceOptions) {
    this.#options = options
  }

  /**
   * Writes what the tasks of a process have settled; `lowest` is the lowest partition index that it has.
   * @throws NotCommitted if none of it has been written
   */
  async commit(lowest: number, outgoing: OutgoingRecord[], offsets: GroupOffsets): Promise<void> {
    const { topicPrefix, log } = this.#options
    try {
      await commitTogether(await this.#fenced(lowest), outgoing, offsets, (topic) => topicPrefix + topic)
    } catch (error) {
      await this.forget()
      if (!(error instanceof InDoubt)) throw error
      log.warn({ group: offsets.groupId, error }, 'transaction in doubt: asking the group where it stands')
      if (!(await this.#isCommitted(lowest, offsets, error))) throw new NotCommitted('brokers', error)
    }
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

  /** The next producer is a new one: after an error, or as the last thing that is done. */
  async forget(): Promise<void> {
    const former = this.#producer
    this.#producer = undefined
    await former?.producer.disconnect()
  }

  /**
   * Whether a transaction in doubt has been committed: ends it, if it is still open, and looks at the group. Another that has some of
   * the partitions by now may have gone beyond, so all of them have to be there; if it has all of them, the answer is of no more importance.
   */
  async #isCommitted(lowest: number, { groupId, offsets }: GroupOffsets, doubt: InDoubt): Promise<boolean> {
    const moved = offsets.filter(({ repeats }) => repeats !== true)
    // Offsets that repeat where the group stood tell nothing.
    if (moved.length === 0) throw doubt
    await this.#fenced(lowest)
    const topics = [...new Set(moved.map(({ topic }) => topic))]
    const committed = await committedOffsets(this.#options.kafka, groupId, topics)
    return moved.every((each) => (committed.get(partitionKey(each))?.offset ?? -1n) >= each.offset)
  }
}
