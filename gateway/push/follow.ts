import { EventEmitter, once } from 'node:events'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { followPartitions } from '../../pipelines/engine/kafka/follow-partitions.ts'
import { heldEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { type RawRecord, type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'
import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'

export interface FollowedOptions<V> {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  topic: Topic<V>
  /** Older records need not be read, ms since 1970. Default: all are. */
  since?: number
  take(value: V): void
  /** Told of a key without a value. */
  remove?(key: string): void
  unreadable(topic: string): void
  crash(error: unknown): void
  log: Logger
}

export interface Followed {
  /** Resolves when all has been taken that is there at this moment. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

const FETCH_WAIT_MS = 100

/** Keeps up with a topic, all of its partitions, in every process. Answers when all has been taken that was there. */
export async function follow<V>(options: FollowedOptions<V>): Promise<Followed> {
  const { kafka, codec, topicPrefix, topic, since, take, remove, unreadable, crash, log } = options
  const name = topicPrefix + topic.name
  const partitions = await partitionsOf(kafka, name)
  const reached = new Map<string, bigint>()
  const moved = new EventEmitter()

  function takeOne({ key, value, partition, offset }: RawRecord): void {
    try {
      if (value !== null) take(codec.decode(topic, value))
      else if (key !== null) remove?.(key.toString())
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      log.warn(
        { topic: name, partition, offset: String(offset), reason: error.reason },
        'passed over a record',
      )
      unreadable(topic.name)
    }
  }

  const ends = await heldEnds(kafka, partitions)
  const from = since === undefined ? undefined : await offsetsSince(kafka, name, since)
  const following = await followPartitions({
    kafka,
    partitions,
    maxWaitMs: FETCH_WAIT_MS,
    crash,
    ...(from !== undefined && { from }),
    until: from === undefined ? ends : new Map([...ends].filter(([key, end]) => end > from.get(key)!)),
    async onRecords(records) {
      await codec.load(records.map(({ value }) => value))
      records.forEach(takeOne)
      const last = records.at(-1)
      if (last === undefined) return
      reached.set(partitionKey({ topic: name, partition: last.partition }), last.offset + 1n)
      moved.emit('moved')
    },
  })
  for (const [key, end] of ends) if ((reached.get(key) ?? 0n) < end) reached.set(key, end)
  return {
    async caughtUp() {
      const wanted = [...(await heldEnds(kafka, partitions))]
      while (wanted.some(([key, end]) => (reached.get(key) ?? 0n) < end)) await once(moved, 'moved')
    },
    stop: () => following.stop(),
  }
}

const partitionsOf = (kafka: Kafka, topic: string): Promise<TopicPartition[]> =>
  withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]!.partitions.map(({ partitionId: partition }) => ({ topic, partition }))
  })

/** The first offsets of records that are not older; the end, where all are. */
const offsetsSince = (kafka: Kafka, topic: string, since: number): Promise<Map<string, bigint>> =>
  withAdmin(kafka, async (admin) => {
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, since)
    return new Map(
      offsets.map(({ partition, offset }) => [partitionKey({ topic, partition }), BigInt(offset)]),
    )
  })
