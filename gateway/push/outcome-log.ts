import { randomUUID } from 'node:crypto'
import type { Message, Producer } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import type { PushOutcome } from '../../schemas/events.ts'
import type { PushOutcomeKind } from '../../schemas/push-outcomes.ts'
import { topics } from '../../schemas/topics.ts'

/** An outcome, as it is told: when it is written, it gets its id and its time. */
export type Outcome = Omit<PushOutcome, 'eventId' | 'at' | 'outcome'> & { outcome: PushOutcomeKind }

interface Group {
  outcomes: PushOutcome[]
  written: PromiseWithResolvers<undefined>
}

export interface OutcomeLogOptions {
  producer: Producer
  codec: Codec
  topicPrefix: string
  now(): number
  /** Told of each that Kafka has. */
  onWritten(outcome: PushOutcome): void
}

/** A request holds so many; kafkajs is slow with more. */
const MOST_IN_ONE = 500

/**
 * Writes outcomes to Kafka, in the order in which they are told, many at once where many are told while Kafka writes. What is told together is
 * of one listener, so of one partition, and is there as a whole or not at all.
 */
export class OutcomeLog {
  readonly #options: OutcomeLogOptions
  #waiting: Group[] = []
  #writing = false

  constructor(options: OutcomeLogOptions) {
    this.#options = options
  }

  /** Resolves once Kafka has them. */
  async record(told: Outcome[]): Promise<void> {
    if (told.length === 0) return
    const at = this.#options.now()
    const outcomes = told.map((each) => ({ ...each, eventId: randomUUID(), at }))
    const written = Promise.withResolvers<undefined>()
    this.#waiting.push({ outcomes, written })
    if (!this.#writing) void this.#write()
    await written.promise
    for (const each of outcomes) this.#options.onWritten(each)
  }

  async #write(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const groups = this.#take()
      try {
        await this.#send(groups.flatMap(({ outcomes }) => outcomes))
        for (const { written } of groups) written.resolve(undefined)
      } catch (error) {
        for (const { written } of groups) written.reject(error)
      }
    }
    this.#writing = false
  }

  #take(): Group[] {
    let count = 0
    const cut = this.#waiting.findIndex(({ outcomes }) => (count += outcomes.length) > MOST_IN_ONE)
    return this.#waiting.splice(0, cut === -1 ? this.#waiting.length : Math.max(cut, 1))
  }

  async #send(outcomes: PushOutcome[]): Promise<void> {
    const { producer, codec, topicPrefix } = this.#options
    const messages: Message[] = outcomes.map((each) => ({
      key: each.listener,
      value: codec.encode(topics.pushOutcomes, each),
    }))
    await producer.send({ topic: topicPrefix + topics.pushOutcomes.name, acks: -1, messages })
  }
}
