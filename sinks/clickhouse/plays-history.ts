import type { ClickHouseClient } from '@clickhouse/client'
import type { CleanPlay } from '../../schemas/events.ts'
import { tables } from '../../schemas/tables.ts'
import { rowsOf } from './rows-of.ts'

/** Rows of one partition of one incarnation of `plays-clean`, between two offsets. */
export interface PlaysRange {
  topicId: string
  partition: number
  from: number
  /** Exclusive. */
  until: number
}

/** A range with what there is in it. */
export interface FoundRange extends PlaysRange {
  rows: number
  /** Event time of the earliest play, ms since 1970. */
  earliest: number
}

/** Where the history of the topic that there is now ends: by partition the first offset that is none of it. */
export interface HistoryEnd {
  topicId: string
  cut: readonly number[]
}

/** How each field of a play is got back from its row: the reverse of what `feeds.ts` makes of it. */
export const expressionsOfPlay: Readonly<Record<keyof CleanPlay, string>> = {
  eventId: 'event_id',
  listener: 'listener',
  trackId: 'track_id',
  trackName: 'track_name',
  artistId: 'artist_id',
  artistName: 'artist_name',
  playedAt: 'toUnixTimestamp64Milli(played_at)',
  msPlayed: 'ms_played',
  platform: 'platform',
  network: 'network',
  country: 'country',
  source: 'source',
  receivedAt: 'toUnixTimestamp64Milli(received_at)',
  session: 'session',
  contextKind: 'context_kind',
  contextId: 'context_id',
  skipReason: 'skip_reason',
  utcOffsetMinutes: 'utc_offset_minutes',
}

const FIELDS = Object.entries(expressionsOfPlay)
  .map(([field, expression]) => `${expression} AS ${field}`)
  .join(', ')

/**
 * All that the table of plays has up to an end, in the order in which it came: incarnations of the topic that were before, and then the one
 * that there is now. @throws TableError where ClickHouse refuses to tell.
 */
export const rangesOfPlays = (
  client: ClickHouseClient,
  { topicId, cut }: HistoryEnd,
): Promise<FoundRange[]> =>
  rowsOf(
    client,
    tables.plays,
    `SELECT kafka_topic_id AS topicId, kafka_partition AS partition, min(kafka_offset) AS "from", max(kafka_offset) + 1 AS until,
       count() AS rows, min(toUnixTimestamp64Milli(played_at)) AS earliest
     FROM {table:Identifier}
     WHERE kafka_topic_id != {topicId:String} OR kafka_offset < arrayElement({cut:Array(UInt64)}, kafka_partition + 1)
     GROUP BY topicId, partition
     ORDER BY topicId = {topicId:String}, min(min(ingested_at)) OVER (PARTITION BY topicId), topicId, partition`,
    { topicId, cut },
  )

/** The plays of a range, in the order in which they were in the topic. @throws as {@link rangesOfPlays}. */
export const playsIn = (
  client: ClickHouseClient,
  { topicId, partition, from, until }: PlaysRange,
): Promise<CleanPlay[]> =>
  rowsOf(
    client,
    tables.plays,
    `SELECT ${FIELDS}
     FROM {table:Identifier}
     WHERE kafka_topic_id = {topicId:String} AND kafka_partition = {partition:UInt32}
       AND kafka_offset >= {from:UInt64} AND kafka_offset < {until:UInt64}
     ORDER BY kafka_offset`,
    { topicId, partition, from, until },
  )
