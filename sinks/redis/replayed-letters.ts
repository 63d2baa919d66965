import type { Kafka } from 'kafkajs'
import { type PartitionConsumer, consumePartitions } from '../../pipelines/engine/kafka/consume-partitions.ts'
import type { FetchedBatch } from '../../pipelines/engine/kafka/fetched.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import { partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { type GivenBack, openAllGivenBack } from '../../pipelines/engine/given-back.ts'
import {
  type RawRecord,
  type TopicPartition,
  partitionKey,
  partitionOf,
} from '../../pipelines/engine/raw-record.ts'
import { replayTopic } from '../../schemas/dead-letter.ts'
import type { Attempts } from '../attempts.ts'
import { type SetAside, takeOrRefuse } from '../decode.ts'
import { Intake } from '../intake.ts'
import type { SinkOptions, SinkReplays } from '../running-sink.ts'
import type { PartitionedRow } from './pending-rows.ts'
import type { RedisFeed } from './sink.ts'

export interface ReplayedLettersOptions<V extends { receivedAt: number }> extends SinkOptions {
  feed: RedisFeed<V>
  /** The topic, with its prefix, whose records come back as letters. */
  letterTopic: string
  replays: SinkReplays
  attempts: Attempts
  /** The store stands elsewhere: all has to be read again from where it stands. */
  onMoved(): void
}

/** Where one partition of the replay topic is, while it is ours. */
interface Place {
  partition: number
  /** What the store calls it. */
  name: string
  position: bigint
}

interface Portion<V> {
  rows: PartitionedRow<V>[]
  refused: SetAside[]
  /** The size of the records, opened. */
  bytes: number
}

/** A portion is written when it has as many. */
const BYTES_A_PORTION = 4_000_000

/** The group by which a sink of this one reads what it is given back: in its own a member would have to read both topics alike. */
export const replayGroup = (groupId: string) => `${groupId}.replay`

/** What a partition of the replay topic is called in the store; of one that is made anew the id is another. */
const placeOf = (topicId: string, partition: number) => `replay:${topicId}:${partition}`

/** What all partitions of the replay topic of a stage are called in the store. */
export async function replayPlaces(kafka: Kafka, topicPrefix: string, stage: string): Promise<string[]> {
  const topic = topicPrefix + replayTopic(stage).name
  const [ids, ends] = await Promise.all([topicIds(kafka, [topic]), partitionEnds(kafka, [topic])])
  return [...ends.keys()].map((key) => placeOf(ids.get(topic)!, partitionOf(key).partition))
}

/**
 * Letters that a sink of Redis is given back. A row counts if nothing newer of its key has, by its offset in the topic from which it came: so a replay
 * never goes backwards, and one that is read again after a kill changes nothing. The position is in Redis, so that what Redis loses is read again.
 */
export class ReplayedLetters<V extends { receivedAt: number }> {
  readonly #options: ReplayedLettersOptions<V>
  readonly #topic: string
  readonly #intake: Intake
  readonly #places = new Map<number, Place>()
  #consumer: Promise<PartitionConsumer> | undefined

  constructor(options: ReplayedLettersOptions<V>) {
    const { feed, topicPrefix, replays, metrics, attempts } = options
    this.#options = options
    this.#topic = topicPrefix + replayTopic(replays.stage).name
    this.#intake = new Intake({ sink: feed.sink, metrics, crash: attempts.crash })
  }

  /** Begins, or does not begin twice. */
  async start(): Promise<void> {
    const { kafka, feed, attempts, log } = this.#options
    this.#consumer ??= consumePartitions({
      kafka,
      groupId: replayGroup(feed.groupId),
      topics: [this.#topic],
      isolation: 'read_committed',
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => this.#release(lost),
      onBatch: (batch, heartbeat) => this.#accept(batch, heartbeat),
      crash: attempts.crash,
      log,
    })
    await this.#consumer
  }

  async stop(): Promise<void> {
    const consumer = await this.#consumer
    await consumer?.stop()
    this.#places.clear()
    this.#consumer = undefined
  }

  async #takeOver(gained: TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    const { kafka, feed, letterTopic, attempts } = this.#options
    const held = await attempts.run('looking for letters', async () => {
      const [ids, ends] = await Promise.all([
        topicIds(kafka, [letterTopic, this.#topic]),
        partitionEnds(kafka, [this.#topic]),
      ])
      const asked = gained.map((each) => {
        const name = placeOf(ids.get(this.#topic)!, each.partition)
        return [name, ends.get(partitionKey(each))?.low ?? 0n] as const
      })
      return [...(await feed.store.begin(ids.get(letterTopic)!, new Map(asked)))]
    })
    for (const [at, { partition }] of gained.entries()) {
      const [name, position] = held[at]!
      this.#places.set(partition, { partition, name, position })
    }
    return new Map(gained.map((each, at) => [partitionKey(each), held[at]![1]]))
  }

  #release(lost: TopicPartition[]): void {
    for (const { partition } of lost) this.#places.delete(partition)
    this.#intake.forget(lost)
  }

  async #accept(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void> {
    const place = this.#places.get(batch.partition)
    if (place !== undefined) await this.#intake.accept(batch, heartbeat, () => this.#take(batch, place))
  }

  async #take({ topic, partition, records, nextOffset }: FetchedBatch, place: Place): Promise<void> {
    const { kafka, codec, replays, letterTopic, attempts, log } = this.#options
    // Letters are few, and the topic from which they came may have been made anew since the last.
    const ids = await attempts.run('looking for letters', () => topicIds(kafka, [letterTopic]))
    const topicId = ids.get(letterTopic)!
    const takes = (letter: { topic: string }) => letter.topic === letterTopic
    let portion: Portion<V> = { rows: [], refused: [], bytes: 0 }
    for await (const given of openAllGivenBack(records, { codec, ...replays, takes })) {
      this.#add(portion, given, topicId)
      if (portion.bytes < BYTES_A_PORTION) continue
      await this.#write(portion, topicId, { place, next: given.at.offset + 1n })
      portion = { rows: [], refused: [], bytes: 0 }
    }
    await this.#write(portion, topicId, { place, next: nextOffset })
    if (!this.#isOurs(place)) return
    // Only so that the lag can be seen: the position that counts is in Redis.
    const consumer = await this.#consumer
    await consumer?.commit([{ topic, partition, offset: nextOffset }]).catch((error: unknown) => {
      log.warn({ err: error }, `the position in ${topic} is not committed`)
    })
  }

  #add(portion: Portion<V>, { at, ...given }: GivenBack & { at: RawRecord }, topicId: string): void {
    const { codec, feed } = this.#options
    if (given.record === undefined) {
      const { letter, reason } = given
      if (letter !== undefined) portion.refused.push({ record: at, reason, letter })
      return
    }
    const { record, letter } = given
    // The topic has been deleted and made again since: whatever is in it now is newer.
    if (letter.topicId !== null && letter.topicId !== topicId) return
    const { partition, offset } = record
    portion.bytes += record.value?.length ?? 0
    takeOrRefuse(
      record,
      () => portion.rows.push({ partition, offset, value: codec.decode(feed.topic, record.value) }),
      (each) => portion.refused.push({ ...each, topicId }),
    )
  }

  async #write(
    { rows, refused }: Portion<V>,
    topicId: string,
    { place, next }: { place: Place; next: bigint },
  ): Promise<void> {
    const { feed, attempts, metrics, onMoved } = this.#options
    if (!this.#isOurs(place)) return
    await attempts.putAside(refused)
    const applied = await attempts.run('writing what is replayed to Redis', () =>
      feed.store.replay(topicId, { place: place.name, from: place.position, next, rows }),
    )
    if (!this.#isOurs(place)) return
    if (applied === 'moved') {
      this.#places.clear()
      onMoved()
      return
    }
    place.position = next
    metrics.rows.inc({ sink: feed.sink, topic: this.#topic }, rows.length)
  }

  #isOurs(place: Place): boolean {
    return this.#places.get(place.partition) === place
  }
}
