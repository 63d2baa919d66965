import type { Kafka } from 'kafkajs'
import type { Codec } from '../../../schemas/codec.ts'
import { type DeadLetter, replayKey, replayTopic } from '../../../schemas/dead-letter.ts'
import { OutgoingRecords } from '../outgoing-records.ts'
import { keyOf } from '../raw-record.ts'
import { withAdmin } from './admin.ts'
import { TopicError, countsOf } from './ensure-topics.ts'
import { readToEnd } from './read-to-end.ts'
import { type FencedProducer, fencedProducer } from './transaction.ts'

export interface GiveBackOptions {
  kafka: Kafka
  /** With the replay topic of the stage registered, where something is to be written. */
  codec: Codec
  topicPrefix: string
  applicationId: string
  /** Who set them aside, as letters say. */
  stage: string
}

/** Partitions of a stage's replay topic; undefined where there is none. */
export const replayPartitions = (
  { kafka, topicPrefix }: Pick<GiveBackOptions, 'kafka' | 'topicPrefix'>,
  stage: string,
): Promise<number | undefined> => {
  const topic = topicPrefix + replayTopic(stage).name
  return withAdmin(kafka, async (admin) =>
    (await admin.listTopics()).includes(topic) ? (await countsOf(admin, [topic])).get(topic) : undefined,
  )
}

/** What has been given back to a stage, by {@link replayKey}. */
export async function givenBack(
  { kafka, topicPrefix }: Pick<GiveBackOptions, 'kafka' | 'topicPrefix'>,
  stage: string,
): Promise<Set<string>> {
  const count = (await replayPartitions({ kafka, topicPrefix }, stage)) ?? 0
  const topic = topicPrefix + replayTopic(stage).name
  const given = new Set<string>()
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  await readToEnd(kafka, partitions, (record) => given.add(keyOf(record)))
  return given
}

/**
 * Gives letters back to the stage that set them aside, each once for each of its attempts, whoever is killed and begins again:
 *
 *     fence whoever did the same before  →  read what the replay topic has  →  write what it has not, in transactions
 *
 * So the topic holds each letter once, and the stage takes its records exactly once, as all others. Two at a time: the later one
 * goes on, the earlier one fails.
 */
export class GivingBack {
  readonly #options: GiveBackOptions
  readonly #producer: FencedProducer
  readonly #partitions: number
  readonly #given: Set<string>

  private constructor(
    options: GiveBackOptions,
    { producer, partitions, given }: { producer: FencedProducer; partitions: number; given: Set<string> },
  ) {
    this.#options = options
    this.#producer = producer
    this.#partitions = partitions
    this.#given = given
  }

  /** @throws TopicError for a stage that takes no replays. */
  static async begin(options: GiveBackOptions): Promise<GivingBack> {
    const { kafka, topicPrefix, applicationId, stage } = options
    const partitions = await replayPartitions(options, stage)
    if (partitions === undefined)
      throw new TopicError(
        `Kafka has no topic ${topicPrefix}${replayTopic(stage).name}: ${stage} takes no replays, or has not been started since it does`,
      )
    const producer = await fencedProducer(kafka, `${topicPrefix}${applicationId}.replay.${stage}`)
    return new GivingBack(options, { producer, partitions, given: await givenBack(options, stage) })
  }

  /**
   * Writes those of the letters that have not been given back yet, all or none; answers how many. After an error it is to be closed, and may be begun
   * anew.
   */
  async write(letters: readonly DeadLetter[]): Promise<number> {
    const { codec, topicPrefix, stage } = this.#options
    const topic = replayTopic(stage)
    const records = new OutgoingRecords(topic.name)
    const added = new Set<string>()
    for (const letter of letters) {
      const key = replayKey(letter)
      if (this.#given.has(key) || added.has(key)) continue
      added.add(key)
      codec.write(topic, letter, records.values)
      records.add(key, this.#partitions === 1 ? 0 : letter.partition)
    }
    if (added.size === 0) return 0
    const transaction = await this.#producer.transaction()
    await this.#producer.batches.send(transaction, [records], (name) => topicPrefix + name)
    await transaction.commit()
    for (const key of added) this.#given.add(key)
    return added.size
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }
}
