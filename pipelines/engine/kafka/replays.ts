import type { Codec } from '../../../schemas/codec.ts'
import { replayTopic } from '../../../schemas/dead-letter.ts'
import type { SealingKey } from '../../../schemas/seal.ts'
import { type GivenBack, openGivenBack } from '../given-back.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Task } from '../task.ts'
import type { InputNames } from './input-names.ts'

export interface ReplaysOptions {
  codec: Codec
  inputNames: InputNames
  deadLetterKey: SealingKey
}

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

  /** Puts records through a task, those of the replay topic opened, in their order; answers how many were rows. */
  async replay(task: Task, records: readonly RawRecord[]): Promise<number> {
    this.underWay.add(task.partition)
    try {
      let rows = 0
      for (const process of await this.#opened(task, records)) rows += Number(process())
      await task.settled()
      return rows
    } finally {
      this.underWay.delete(task.partition)
    }
  }

  async #opened(task: Task, records: readonly RawRecord[]): Promise<(() => boolean)[]> {
    const { codec, inputNames } = this.#options
    const topic = this.topicOf(task.topology)
    const all = records.map((record) =>
      record.topic === topic ? this.#open(task, record) : { letter: undefined, record },
    )
    await codec.load(all.map(({ record }) => record?.value ?? null))
    return all.map((each) => () => {
      if (each.record !== undefined)
        return task.process(inputNames.ofTopology(each.record.topic), each.record)
      if (each.letter === undefined) task.count('replay', 'drop', each.reason)
      else task.sendBack(each.letter, each.reason)
      return true
    })
  }

  #open(task: Task, record: RawRecord): GivenBack {
    const { inputNames } = this.#options
    const inputs = new Set(task.inputs.map(({ name }) => name))
    return openGivenBack(record, {
      ...{ ...this.#options, stage: task.topology },
      takes: ({ topic, partition }) =>
        partition === task.partition && inputs.has(inputNames.ofTopology(topic)),
    })
  }
}
