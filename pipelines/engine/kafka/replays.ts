import type { Codec } from '../../../schemas/codec.ts'
import { replayTopic } from '../../../schemas/dead-letter.ts'
import type { SealingKey } from '../../../schemas/seal.ts'
import { type GivenBack, type OpeningOptions, openAllGivenBack } from '../given-back.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Task } from '../task.ts'
import type { InputNames } from './input-names.ts'

export interface ReplaysOptions {
  codec: Codec
  inputNames: InputNames
  deadLetterKey: SealingKey
}

/** Of records that are open, about: operators that ask someone hold as much at a time. */
const BYTES_UNDER_WAY = 4_000_000

/**
 * Letters that are handed to a topology once more, as records of its replay topic: each goes through it as the record that it was, at the
 * place and the time that it had.
 *
 *     dead-letters ── continuo dlq replay ──▶ anonymise-replay ──▶ anonymise, and nobody else
 *
 * A replay is a record among others: what becomes of it, state and its offset are one transaction.
 */
export class Replays {
  /** Partitions that are at it. */
  readonly underWay = new Set<number>()
  readonly #options: ReplaysOptions

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  /** The replay topic of a topology, as Kafka knows it. */
  topicOf(topology: string): string {
    return this.#options.inputNames.inKafka(replayTopic(topology).name)
  }

  /** Puts records of the replay topic through a task, each opened when its turn comes. */
  async replay(task: Task, records: readonly RawRecord[]): Promise<void> {
    this.underWay.add(task.partition)
    try {
      let bytes = 0
      for await (const given of openAllGivenBack(records, this.#openingFor(task))) {
        this.#process(task, given)
        bytes += given.record?.value?.length ?? 0
        if (bytes < BYTES_UNDER_WAY) continue
        await task.settled()
        bytes = 0
      }
      await task.settled()
    } finally {
      this.underWay.delete(task.partition)
    }
  }

  #process(task: Task, given: GivenBack): void {
    if (given.record !== undefined)
      task.process(this.#options.inputNames.ofTopology(given.record.topic), given.record)
    else if (given.letter === undefined) task.count('replay', 'drop', given.reason)
    else task.sendBack(given.letter, given.reason)
  }

  #openingFor(task: Task): OpeningOptions {
    const { inputNames } = this.#options
    const inputs = new Set(task.inputs.map(({ name }) => name))
    return {
      ...this.#options,
      stage: task.topology,
      takes: ({ topic, partition }) =>
        partition === task.partition && inputs.has(inputNames.ofTopology(topic)),
    }
  }
}
