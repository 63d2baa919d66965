import type { ClickHouseClient } from '@clickhouse/client'
import { type Kafka, Partitioners } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import type { Codec } from '../../schemas/codec.ts'
import type { Play } from '../../schemas/events.ts'
import { tables } from '../../schemas/tables.ts'
import { type Topic, topics } from '../../schemas/topics.ts'
import { rawPlay } from './builders.ts'

/** A system under observation. */
export interface Observed {
  kafka: Kafka
  codec: Codec
  topicPrefix: string
  clickhouse: ClickHouseClient
  database: string
}

/** Where every play has gone, closing plays left out. */
export interface Account {
  clean: number
  duplicates: number
  deadLetters: number
  late: number
  /** Plays in closed windows: in the topic, and in the ClickHouse table. */
  closedInKafka: number
  closedInClickhouse: number
  cleanInClickhouse: number
  deadLettersInClickhouse: number
}

const CLOSING = 'closing'

/**
 * Sends plays of now, one for each pair of a partition of `plays` and one of the repartition topic, so that every window
 * that ended before closes. They and their windows are left out of the account.
 */
export async function closeWindows(
  { kafka, codec, topicPrefix }: Observed,
  partitions: number,
): Promise<number> {
  const users = onePerPartition('user', partitions)
  const artists = onePerPartition('artist', partitions)
  const messages = users.flatMap((userId) =>
    artists.map((artistId) => {
      const play = { ...closingPlay(userId, artistId), playedAt: Date.now() }
      return { key: userId, value: codec.encode(topics.plays, play) }
    }),
  )
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  await producer.send({ topic: topicPrefix + topics.plays.name, messages })
  await producer.disconnect()
  return messages.length
}

function closingPlay(userId: string, artistId: string): Play {
  return rawPlay({ eventId: randomUUID(), userId, artistId })
}

/** Names that the default partitioner spreads one to a partition. */
function onePerPartition(kind: string, partitions: number): string[] {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    replicas: [0],
    isr: [0],
    partitionErrorCode: 0,
  }))
  const partitioner = Partitioners.DefaultPartitioner()
  const found: string[] = []
  for (let number = 0; found.filter(Boolean).length < partitions; number += 1) {
    const key = `${CLOSING}-${kind}-${number}`
    found[partitioner({ topic: '', partitionMetadata, message: { key, value: null } })] ??= key
  }
  return found
}

/** Counts, in the committed rows of the topics and in ClickHouse, where every play has gone. */
export async function account(observed: Observed): Promise<Account> {
  const { clickhouse, database } = observed
  const isClosing = ({ artistId }: { artistId: string }) => artistId.startsWith(CLOSING)

  async function count(table: string, expression: string, where: string): Promise<number> {
    const result = await clickhouse.query({
      query: `SELECT toFloat64(${expression}) AS n FROM ${database}.${table} WHERE ${where}`,
      format: 'JSONEachRow',
    })
    return (await result.json<{ n: number }>())[0]?.n ?? NaN
  }

  const notClosing = `NOT startsWith(artist_id, '${CLOSING}')`
  const closed = (await rowsOf(observed, topics.artistTotals)).filter((row) => !isClosing(row))
  return {
    clean: (await rowsOf(observed, topics.playsClean)).filter((row) => !isClosing(row)).length,
    duplicates: (await rowsOf(observed, topics.duplicatePlays)).length,
    deadLetters: new Set((await rowsOf(observed, topics.deadLetters)).map(({ id }) => id)).size,
    late: (await rowsOf(observed, topics.latePlays)).filter((row) => !isClosing(row)).length,
    closedInKafka: closed.reduce((sum, { plays }) => sum + plays, 0),
    closedInClickhouse: await count(tables.artistTotals, 'sum(plays)', notClosing),
    cleanInClickhouse: await count(tables.plays, 'count()', notClosing),
    deadLettersInClickhouse: await count(tables.deadLetters, 'uniqExact(id)', '1'),
  }
}

/** What lies in the raw topic. */
export interface Sent {
  plays: number
  duplicates: number
  malformed: number
}

/** Counts the raw topic itself: a sender that is stopped does not know of what was written without an answer to it. */
export async function sentTo({ kafka, codec, topicPrefix }: Observed, partitions: number): Promise<Sent> {
  const name = topicPrefix + topics.plays.name
  const values: (Buffer | null)[] = []
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }))
  await readToEnd(kafka, all, ({ value }) => values.push(value))
  await codec.load(values)
  const ids = values.flatMap((value) => {
    try {
      const { eventId, playedAt } = codec.decode(topics.plays, value)
      return playedAt > Date.UTC(2000, 0, 1) && playedAt < Date.now() + 3_600_000 ? [eventId] : []
    } catch {
      return []
    }
  })
  const plays = new Set(ids).size
  return { plays, duplicates: ids.length - plays, malformed: values.length - ids.length }
}

/** All committed rows of a topic, decoded. */
export async function rowsOf<V>({ kafka, codec, topicPrefix }: Observed, topic: Topic<V>): Promise<V[]> {
  const name = topicPrefix + topic.name
  const admin = kafka.admin()
  await admin.connect()
  const partitions = (await admin.fetchTopicOffsets(name)).map(({ partition }) => ({
    topic: name,
    partition,
  }))
  await admin.disconnect()
  const values: (Buffer | null)[] = []
  await readToEnd(kafka, partitions, ({ value }) => values.push(value))
  await codec.load(values)
  return values.map((value) => codec.decode(topic, value))
}
