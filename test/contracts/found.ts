import { playsByMinute } from '../../dashboards/queries/plays-by-minute.ts'
import { openDeadLetter } from '../../pipelines/engine/dead-letters.ts'
import { keyOf } from '../../pipelines/engine/raw-record.ts'
import type { DeadLetter } from '../../schemas/dead-letter.ts'
import { replayTopic } from '../../schemas/dead-letter.ts'
import { tables } from '../../schemas/tables.ts'
import { topics } from '../../schemas/topics.ts'
import { totalsKeys } from '../../sinks/redis/keys.ts'
import type { Found } from './compare.ts'
import { digestOf, line } from './oracle.ts'
import type { Place } from './place.ts'
import { BEGIN, HOUR_MS, PARTITIONS } from './rows.ts'

const DAY_MS = 24 * HOUR_MS

export async function windowsInKafka({ room }: Place): Promise<Found> {
  const totals = await room.values(topics.artistTotals)
  return totals.map(({ artistId, windowStart, artistName, plays, msPlayed, listeners, receivedAt }) => [
    line(artistId, windowStart),
    line(artistName, plays, msPlayed, listeners, receivedAt),
  ])
}

export async function lateInKafka({ room }: Place): Promise<Found> {
  const late = await room.values(topics.latePlays)
  return late.map(({ eventId, artistId, playedAt, msPlayed, source, streamTime, lateByMs }) => [
    eventId,
    line(artistId, playedAt, msPlayed, source, streamTime, lateByMs),
  ])
}

export async function duplicatesInKafka({ room }: Place): Promise<Found> {
  return (await room.values(topics.duplicatePlays)).map(({ eventId, artistId }) => [eventId, artistId])
}

/** Letters, opened. */
export async function lettersInKafka({ room, deadLetterKey }: Place): Promise<Found> {
  const letters = await room.values(topics.deadLetters)
  return letters.map((letter) => [letter.id, lineOf(letter, openDeadLetter(deadLetterKey, letter))])
}

function lineOf(letter: DeadLetter, { key, value, headers }: ReturnType<typeof openDeadLetter>): string {
  return line(
    ...[letter.stage, letter.kind, letter.reason, letter.errorCode],
    ...[letter.topic, letter.partition, letter.offset, letter.timestamp],
    ...[letter.schemaId, letter.source, letter.traceId],
    ...[digestOf(key), digestOf(value)],
    ...headers.map(({ name, value: bytes }) => `${name}=${bytes?.toString('hex') ?? 'null'}`),
  )
}

/** What has been given back, by the ids of letters. */
export async function givenBackInKafka({ room }: Place): Promise<Found> {
  return (await room.records(replayTopic('anonymise'))).map((record) => [
    keyOf(record).replace(/#0$/, ''),
    '',
  ])
}

export const windowsInClickhouse = (place: Place) =>
  keyed(
    place,
    2,
    `SELECT artist_id, toUnixTimestamp64Milli(window_start), artist_name, plays, ms_played, listeners,
       toUnixTimestamp64Milli(received_at) FROM ${tables.artistTotals}`,
  )

export const lettersInClickhouse = (place: Place) =>
  keyed(place, 1, `SELECT id, kind, reason FROM ${tables.deadLetters}`)

/** Of a play, all that a topic says of it. */
export const PLAY_COLUMNS = `event_id, listener, track_id, track_name, artist_id, artist_name, toUnixTimestamp64Milli(played_at),
  ms_played, platform, ifNull(network, ''), ifNull(country, ''), source, toUnixTimestamp64Milli(received_at), ifNull(session, ''),
  ifNull(context_kind, ''), ifNull(context_id, ''), skip_reason, ifNull(toString(utc_offset_minutes), '')`

/** A partition at a time, since all of them are one text. */
export async function* playsInClickhouse(place: Place): AsyncGenerator<readonly [string, string]> {
  for (let partition = 0; partition < PARTITIONS; partition++)
    yield* await keyed(
      place,
      1,
      `SELECT event_id, ${PLAY_COLUMNS} FROM ${tables.plays} WHERE kafka_partition = ${partition}`,
    )
}

export const artistMinutesInClickhouse = (place: Place) =>
  keyed(
    place,
    2,
    `SELECT artist_id, toUnixTimestamp(toStartOfMinute(played_at)) * 1000 AS minute, count(), sum(ms_played), uniqExact(listener)
     FROM ${tables.plays} GROUP BY artist_id, minute`,
  )

/** As the dashboard asks. */
export async function minutesInClickhouse({ clickhouse }: Place): Promise<Found> {
  const span = { from: new Date(BEGIN - DAY_MS), to: new Date(BEGIN + DAY_MS) }
  const found = await playsByMinute.run(clickhouse, span)
  return found.map(({ start, plays }) => [String(start), String(plays)])
}

/** Plays by minute of the last hour, as screens are told of them; of open windows the one that closing rows are in is left out. */
export async function lastHourInRedis({ redis, env }: Place): Promise<Found> {
  const { scriptKeys } = totalsKeys(env.REDIS_PREFIX!)
  const [state, minutes] = [scriptKeys[0], scriptKeys[6]] as [string, string]
  const newest = Number(await redis.hget(state, 'newest'))
  const held = Object.entries(await redis.hgetall(minutes))
  return held.filter(([start]) => Number(start) > newest - HOUR_MS && Number(start) < newest)
}

/** Rows whose first columns are their key. */
export async function keyed(
  { clickhouse }: Pick<Place, 'clickhouse'>,
  columns: number,
  query: string,
): Promise<Found> {
  const answer = await clickhouse.query({ query, format: 'TabSeparated' })
  const lines = (await answer.text()).split('\n').filter((each) => each !== '')
  return lines.map((each) => {
    const cells = each.split('\t')
    return [line(...cells.slice(0, columns)), line(...cells.slice(columns))]
  })
}

export async function countOf({ clickhouse }: Place, table: string): Promise<number> {
  const answer = await clickhouse.query({
    query: `SELECT toFloat64(count()) AS n FROM ${table}`,
    format: 'JSONEachRow',
  })
  return (await answer.json<{ n: number }>())[0]!.n
}
