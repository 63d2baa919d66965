import assert from 'node:assert/strict'
import type { CleanPlay } from '../../../schemas/events.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { plain } from '../../../pipelines/engine/testing/plain.ts'
import { type Comparison, compare } from '../../contracts/compare.ts'
import { line } from '../../contracts/oracle.ts'
import { until } from '../../kit/until.ts'
import { rollupsOf, unfinished } from '../clickhouse/rollups.ts'
import {
  hashesOf,
  listsInRedis,
  playsInClickhouse,
  rollupInClickhouse,
  topInRedis,
  totalsInRedis,
  windowsInClickhouse,
} from './found.ts'
import { lastHour } from './last-hour.ts'
import type { Place } from './place.ts'
import { rollupsOfPlays } from './rollups-of-plays.ts'
import { ARTISTS, LISTENERS } from './sender.ts'

/** Compares all that the stores hold with what loops over the topics make of these. */
export async function comparisons(place: Place): Promise<Comparison[]> {
  const plays = await placed(place, topics.playsClean, lineOfPlay)
  const late = new Set((await place.room.values(topics.latePlays)).map(({ eventId }) => eventId))
  const hour = lastHour(plays.values.filter(({ eventId }) => !late.has(eventId)))
  const windows = await placed(place, topics.artistTotals, (total) =>
    line(
      ...[total.artistId, total.artistName, total.windowStart, total.plays],
      ...[total.msPlayed, total.listeners],
    ),
  )
  return [
    await compare('plays', plays.lines, await playsInClickhouse(place)),
    ...(await rollups(place, plays.values)),
    await compare('closed windows', windows.lines, await windowsInClickhouse(place)),
    await compare('totals of the last hour in Redis', hour.totals, await totalsInRedis(place)),
    await compare('newest message of the channel', hour.top, await topInRedis(place)),
    await compare('lists in Redis', await newestLists(place), await listsInRedis(place)),
  ]
}

/** The committed values of a topic, and a line of each under its place. */
async function placed<V>({ room }: Place, topic: Topic<V>, lineOf: (value: V) => string) {
  const records = await room.records(topic)
  await room.codec.load(records.map(({ value }) => value))
  const values = records.map(({ value }) => plain(room.codec.decode(topic, value)))
  return {
    values,
    lines: new Map(
      records.map(({ partition, offset }, at) => [line(partition, offset.toString()), lineOf(values[at]!)]),
    ),
  }
}

const lineOfPlay = (play: CleanPlay) =>
  line(
    ...[play.eventId, play.listener, play.trackId, play.trackName, play.artistId, play.artistName],
    ...[play.playedAt, play.msPlayed, play.platform, play.network, play.country, play.source],
    ...[play.receivedAt, play.session, play.contextKind, play.contextId, play.skipReason],
    play.utcOffsetMinutes,
  )

async function rollups(place: Place, plays: readonly CleanPlay[]): Promise<Comparison[]> {
  const { clickhouse } = place
  const names = (await rollupsOf(clickhouse, 'plays')).map(({ name }) => name)
  assert.deepEqual(names.sort(), Object.keys(rollupsOfPlays).sort())
  await until(async () => (await unfinished(clickhouse, 'plays')).length === 0, {
    what: 'rollups of all parts',
  })
  const hashes = await hashesOf(place, [...ARTISTS, ...LISTENERS])
  const compared: Comparison[] = []
  for (const [name, rollup] of Object.entries(rollupsOfPlays)) {
    const wanted = rollup.lines(plays, (text) => hashes.get(text)!)
    compared.push(await compare(`rollup ${name}`, wanted, await rollupInClickhouse(place, name, rollup)))
  }
  return compared
}

async function newestLists({ room }: Place): Promise<Map<string, string>> {
  const lists = await room.values(topics.recommendations)
  return new Map(lists.map(({ listener, country: _, ...list }) => [listener, JSON.stringify(list)]))
}
