import type { ClickHouseClient } from '@clickhouse/client'
import { type Kafka, Partitioners } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { isMarker } from '../../pipelines/engine/stamp.ts'
import type { Codec } from '../../schemas/codec.ts'
import type { DeadLetter } from '../../schemas/dead-letter.ts'
import type { Play } from '../../schemas/events.ts'
import { tables } from '../../schemas/tables.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
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
  /** Rows of topologies' letters, each of which must be there once; of those that a sink wrote, distinct ids. */
  deadLetters: number
  late: number
  /** Plays in closed windows: in the topic, and in the ClickHouse table. */
  closedInKafka: number
  closedInClickhouse: number
  cleanInClickhouse: number
  /** As `deadLetters`. */
  deadLettersInClickhouse: number
}

const CLOSING = 'closing'

/**
 * Sends plays of now, one for each pair of a partition of `plays` and one of the repartition topic, so that every window
 * that ended before closes. They and their windows are left out of the account.
 */
export async function closeWindows(observed: Observed): Promise<void> {
  const { kafka, codec, topicPrefix } = observed
  const name = topicPrefix + topics.plays.name
  const partitions = (await partitionsOf(kafka, name)).length
  const users = onePerPartition('user', partitions)
  const artists = onePerPartition('artist', partitions)
  const messages = users.flatMap((userId) =>
    artists.map((artistId) => {
      const play = { ...closingPlay(userId, artistId), playedAt: Date.now() }
      return { key: userId, value: codec.encode(topics.plays, play) }
    }),
  )
  const producer = kafka.producer({ idempotent: true })
  try {
    await producer.connect()
    await producer.send({ topic: name, messages })
  } finally {
    await producer.disconnect()
  }
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
    deadLetters: countOf(await rowsOf(observed, topics.deadLetters)),
    late: (await rowsOf(observed, topics.latePlays)).filter((row) => !isClosing(row)).length,
    closedInKafka: closed.reduce((sum, { plays }) => sum + plays, 0),
    closedInClickhouse: await count(tables.artistTotals, 'sum(plays)', notClosing),
    cleanInClickhouse: await count(tables.plays, 'count()', notClosing),
    deadLettersInClickhouse: await count(
      tables.deadLetters,
      `countIf(kind != 'sink') + uniqExactIf(id, kind = 'sink')`,
      '1',
    ),
  }
}

/** A topology writes its letters within its transactions; a sink that is killed before it commits writes its own again. */
function countOf(letters: DeadLetter[]): number {
  const bySinks = letters.filter(({ kind }) => kind === 'sink').map(({ id }) => id)
  return letters.length - bySinks.length + new Set(bySinks).size
}

/** What lies in the raw topic, in messages. */
export interface Sent {
  /** Distinct by event id. */
  plays: number
  duplicates: number
  malformed: number
}

/** Counts the raw topic itself: a sender that is stopped does not know of what was written without an answer to it. */
export async function sentTo(observed: Observed): Promise<Sent> {
  const values = await valuesOf(observed, topics.plays)
  const ids = values.flatMap((value) => {
    try {
      const { eventId, playedAt } = observed.codec.decode(topics.plays, value)
      return playedAt > Date.UTC(2000, 0, 1) && playedAt < Date.now() + 3_600_000 ? [eventId] : []
    } catch {
      return []
    }
  })
  const plays = new Set(ids).size
  return { plays, duplicates: ids.length - plays, malformed: values.length - ids.length }
}

/** All committed rows of a topic, decoded. @throws DecodeError if one of them is none. */
export async function rowsOf<V>(observed: Observed, topic: Topic<V>): Promise<V[]> {
  const values = await valuesOf(observed, topic)
  return values.map((value) => observed.codec.decode(topic, value))
}

/** All committed values of a topic, markers of a repartition topic left out; the codec knows their schemas. */
async function valuesOf(
  { kafka, codec, topicPrefix }: Observed,
  topic: Topic<unknown>,
): Promise<(Buffer | null)[]> {
  const values: (Buffer | null)[] = []
  const partitions = await partitionsOf(kafka, topicPrefix + topic.name)
  await readToEnd(kafka, partitions, (record) => isMarker(record) || values.push(record.value))
  await codec.load(values)
  return values
}

async function partitionsOf(kafka: Kafka, topic: string): Promise<{ topic: string; partition: number }[]> {
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic))
  return offsets.map(({ partition }) => ({ topic, partition }))
}
