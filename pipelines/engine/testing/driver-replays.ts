import { type Codec, schemaIdOf } from '../../../schemas/codec.ts'
import { type DeadLetter, replayKey, replayTopic } from '../../../schemas/dead-letter.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { openDeadLetter, sealOriginal } from '../dead-letters.ts'
import { fixContext } from '../fix-context.ts'
import { type AnyFix, fixedBy, whyNot } from '../given-back.ts'
import { InputNames } from '../kafka/input-names.ts'
import { Replays } from '../kafka/replays.ts'
import type { OutgoingRecord } from '../outgoing-records.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Task } from '../task.ts'

/** What the dead letters of every driver are sealed with. */
export const driverDeadLetterKey = { id: 'test', bytes: Buffer.alloc(32, 7) }

export interface DriverReplaysOptions {
  /** Whose letters. */
  topology: string
  codec: Codec
}

/** The replay topic of a topology that is driven. */
export class DriverReplays {
  readonly #options: DriverReplaysOptions
  readonly #replays: Replays
  readonly #given = new Set<string>()

  constructor(options: DriverReplaysOptions) {
    this.#options = options
    this.#replays = new Replays({
      ...options,
      deadLetterKey: driverDeadLetterKey,
      inputNames: new InputNames(''),
    })
  }

  /**
   * The record by which a letter is given back; undefined if it has been at this attempt, or its fix leaves it. `inputs` are registered.
   * @throws RangeError for a letter that nobody is given back
   */
  async recordFor(
    letter: DeadLetter,
    { fix, inputs }: { fix: AnyFix | undefined; inputs: readonly Topic<unknown>[] },
  ): Promise<OutgoingRecord | undefined> {
    const { codec, topology } = this.#options
    const refusal = whyNot(letter)
    if (refusal !== undefined) throw new RangeError(`${letter.id} is given back to nobody: ${refusal}`)
    const original = openDeadLetter(driverDeadLetterKey, letter)
    await codec.load([original.value])
    const from = inputs.find(({ name }) => name === letter.topic)
    const fixed =
      fix === undefined ? original : fixedBy(fix, original, letter, fixContext(codec, from, original.value))
    const key = replayKey(letter)
    if (fixed === null || this.#given.has(key)) return undefined
    const sealed = sealOriginal(driverDeadLetterKey, letter.id, fixed)
    const topic = replayTopic(topology)
    await codec.register(topic)
    const value = codec.encode(topic, { ...letter, ...sealed, schemaId: schemaIdOf(fixed.value) ?? null })
    this.#given.add(key)
    return { topic: topic.name, partition: letter.partition, key, value }
  }

  isOf({ topic }: Pick<RawRecord, 'topic'>): boolean {
    return topic === this.#replays.topicOf(this.#options.topology)
  }

  /** Puts those of the records through a task that are given back. */
  async process(task: Task, records: readonly RawRecord[]): Promise<void> {
    const given = records.filter((record) => this.isOf(record))
    if (given.length > 0) await this.#replays.replay(task, given)
  }
}
