import { type PartitionConsumer, consumePartitions } from '../../pipelines/engine/kafka/consume-partitions.ts'
import type { FetchedBatch } from '../../pipelines/engine/kafka/fetched.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import { openAllGivenBack } from '../../pipelines/engine/given-back.ts'
import { replayTopic } from '../../schemas/dead-letter.ts'
import type { Attempts } from '../attempts.ts'
import { type SetAside, takeOrRefuse } from '../decode.ts'
import { Intake } from '../intake.ts'
import type { SinkOptions, SinkReplays } from '../running-sink.ts'
import type { PartitionedRow } from './pending-rows.ts'
import type { RedisFeed } from './sink.ts'

export interface ReplayedLettersOptions<V extends { receivedAt: number }> extends SinkOptions {
  feed: RedisFeed<V>
  /** Whose letters, as Kafka knows it. */
  letterTopic: string
  replays: SinkReplays
  attempts: Attempts
}

/** The group by which a sink of this one reads what it is given back: in its own a member would have to read both topics alike. */
export const replayGroup = (groupId: string) => `${groupId}.replay`

/**
 * Letters that a sink of Redis is given back. A row counts if nothing newer of its key has, by its offset in the topic from which it came: so a replay
 * never goes backwards, and one that is read again after a kill changes nothing.
 */
export class ReplayedLetters<V extends { receivedAt: number }> {
  readonly #options: ReplayedLettersOptions<V>
  readonly #topic: string
  readonly #intake: Intake
  #topicId = ''
  #consumer: PartitionConsumer | undefined

  constructor(options: ReplayedLettersOptions<V>) {
    const { feed, topicPrefix, replays, metrics, attempts } = options
    this.#options = options
    this.#topic = topicPrefix + replayTopic(replays.stage).name
    this.#intake = new Intake({ sink: feed.sink, metrics, crash: attempts.crash })
  }

  async start(): Promise<void> {
    const { kafka, feed, letterTopic, attempts, log } = this.#options
    this.#consumer = await consumePartitions({
      ...{ kafka, groupId: replayGroup(feed.groupId), topics: [this.#topic], isolation: 'read_committed' },
      onAssigned: async () => {
        const ids = await attempts.run('looking for letters', () => topicIds(kafka, [letterTopic]))
        this.#topicId = ids.get(letterTopic)!
        return new Map()
      },
      onRevoked: (lost) => this.#intake.forget(lost),
      onBatch: (batch, heartbeat) => this.#intake.accept(batch, heartbeat, () => this.#take(batch)),
      ...{ crash: attempts.crash, log },
    })
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop()
  }

  async #take({ topic, partition, records, nextOffset }: FetchedBatch): Promise<void> {
    const { feed, attempts, metrics, log } = this.#options
    const { rows, refused } = await this.#rowsOf(records)
    await attempts.putAside(refused)
    if (rows.length > 0)
      await attempts.run('writing what is replayed to Redis', async () => {
        if ((await feed.store.replay(this.#topicId, rows)) === 'moved') throw new Error('Redis begins anew')
      })
    metrics.rows.inc({ sink: feed.sink, topic }, rows.length)
    // Read again, it changes nothing.
    await this.#consumer!.commit([{ topic, partition, offset: nextOffset }]).catch((error: unknown) =>
      log.warn({ err: error }, `the position in ${topic} is not committed`),
    )
  }

  async #rowsOf(records: FetchedBatch['records']) {
    const { codec, replays, feed, letterTopic } = this.#options
    const rows: PartitionedRow<V>[] = []
    const refused: SetAside[] = []
    const takes = (letter: { topic: string }) => letter.topic === letterTopic
    for await (const given of openAllGivenBack(records, { codec, ...replays, takes })) {
      if (given.record === undefined) {
        const { at, letter, reason } = given
        if (letter !== undefined) refused.push({ record: at, reason, letter })
        continue
      }
      const { record, letter } = given
      // Of a topic that has been made anew since, all is newer.
      if (letter.topicId !== null && letter.topicId !== this.#topicId) continue
      const { partition, offset } = record
      takeOrRefuse(
        record,
        () => rows.push({ partition, offset, value: codec.decode(feed.topic, record.value) }),
        (each) => refused.push({ ...each, topicId: this.#topicId }),
      )
    }
    return { rows, refused }
  }
}
