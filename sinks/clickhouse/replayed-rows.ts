import type { ClickHouseClient } from '@clickhouse/client'
import type { Codec } from '../../schemas/codec.ts'
import { replayTopic } from '../../schemas/dead-letter.ts'
import { openAllGivenBack } from '../../pipelines/engine/given-back.ts'
import type { RawRecord } from '../../pipelines/engine/raw-record.ts'
import { takeOrRefuse } from '../decode.ts'
import type { SinkReplays } from '../running-sink.ts'
import type { Feed } from './feeds.ts'
import { insertChunk } from './insert.ts'
import type { RefusedRow } from './refused-row.ts'
import type { Chunk, PartitionBuffer } from './partition-buffer.ts'
import type { Origin } from './range.ts'
import { rowsOf } from './rows-of.ts'
import type { VersionTables } from './version-tables.ts'

interface Place {
  kafka_topic: string
  kafka_topic_id: string
  kafka_partition: number
  kafka_offset: number
}

interface ReplayedRow {
  /** Its index among the rows of the chunk. */
  index: number
  place: Place
}

/** Rows whose places are asked for in one query. */
const PLACES_A_QUERY = 5_000

/**
 * Letters that the sink is given back. Their rows keep the place that they have in the topic from which they came, as if they had never been
 * refused, and what has a place in its table already is not written again: so no kill doubles a row, and neither does a record that was read again
 * after it had been replayed.
 */
export class ReplayedRows {
  /** The replay topic, with its prefix. */
  readonly topic: string
  readonly #options: SinkReplays & { codec: Codec; feeds: ReadonlyMap<string, Feed> }

  /** `feeds`: by the names of their topics, with prefix. */
  constructor(
    options: SinkReplays & { codec: Codec; topicPrefix: string; feeds: ReadonlyMap<string, Feed> },
  ) {
    this.#options = options
    this.topic = options.topicPrefix + replayTopic(options.stage).name
  }

  /** Makes rows of records of the replay topic, each when `relieved` says that there is room for it. */
  async take(
    records: readonly RawRecord[],
    buffer: PartitionBuffer,
    relieved: () => Promise<void>,
  ): Promise<void> {
    const { codec, feeds } = this.#options
    const takes = ({ topic }: { topic: string }) => feeds.has(topic)
    for await (const { at, ...each } of openAllGivenBack(records, { ...this.#options, takes })) {
      await relieved()
      if (each.record === undefined) {
        const { letter, reason } = each
        if (letter !== undefined) buffer.refuse({ record: at, reason, letter }, at.offset)
        continue
      }
      const { record } = each
      const topicId = each.letter.topicId ?? ''
      takeOrRefuse(
        record,
        () => {
          const row = feeds.get(record.topic)!.row(codec, record, topicId)
          buffer.append(at.offset, row, { record, topicId })
        },
        (refused) => buffer.refuse({ ...refused, topicId }, at.offset),
      )
    }
  }

  /** Writes rows to their tables, those that are there already left out. Answers and throws as {@link insertChunk}. */
  async insert(
    client: ClickHouseClient,
    tables: VersionTables,
    origin: Origin,
    chunk: Chunk,
  ): Promise<RefusedRow | undefined> {
    const all = chunk.sources.map(({ record, topicId = '' }, index): ReplayedRow => ({
      index,
      place: placeOf(record, topicId),
    }))
    for (const [topic, its] of Map.groupBy(all, ({ place }) => place.kafka_topic)) {
      const feed = this.#options.feeds.get(topic)!
      const refused = await tables.use(feed, async (table) => {
        const known = await placesIn(client, table, its)
        const missing = its.filter(({ place }) => !known.has(textOf(place)))
        const rows = missing.map(({ index }) => chunk.rows[index]!)
        const found = await insertChunk(client, { ...feed, table }, origin, { ...chunk, rows })
        return found && { ...found, row: missing[found.row]!.index }
      })
      if (refused !== undefined) return refused
    }
    return undefined
  }
}

const placeOf = ({ topic, partition, offset }: RawRecord, topicId: string): Place => ({
  kafka_topic: topic,
  kafka_topic_id: topicId,
  kafka_partition: partition,
  kafka_offset: Number(offset),
})

const textOf = (place: Place) =>
  [place.kafka_topic, place.kafka_topic_id, place.kafka_partition, place.kafka_offset].join(':')

/** Of these places those that the table has a row of. */
async function placesIn(
  client: ClickHouseClient,
  table: string,
  rows: readonly ReplayedRow[],
): Promise<Set<string>> {
  const known = new Set<string>()
  const topics = Map.groupBy(rows, ({ place }) => place.kafka_topic_id)
  for (const [topicId, its] of topics)
    for (let at = 0; at < its.length; at += PLACES_A_QUERY) {
      const some = its.slice(at, at + PLACES_A_QUERY).map(({ place }) => place)
      // They stand in the query, which is sent as the body: parameters go into the URL, which would be too long.
      const pairs = some.map((place) => `(${place.kafka_partition},${place.kafka_offset})`)
      const found = await rowsOf<Place>(
        client,
        table,
        `SELECT kafka_topic, kafka_topic_id, kafka_partition, kafka_offset
         FROM {table:Identifier}
         WHERE kafka_topic = {topic:String} AND kafka_topic_id = {topicId:String}
           AND (kafka_partition, kafka_offset) IN (${pairs.join()})`,
        { topic: some[0]!.kafka_topic, topicId },
      )
      for (const place of found) known.add(textOf(place))
    }
  return known
}
