import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ClickHouseSettings } from '@clickhouse/client'
import { artistByDay } from '../../../dashboards/queries/artist-by-day.ts'
import { artistByHour } from '../../../dashboards/queries/artist-by-hour.ts'
import { artistListeners } from '../../../dashboards/queries/artist-listeners.ts'
import { cohortRetention } from '../../../dashboards/queries/cohort-retention.ts'
import { playsByDay } from '../../../dashboards/queries/plays-by-day.ts'
import { playsByHour } from '../../../dashboards/queries/plays-by-hour.ts'
import type { Query } from '../../../dashboards/queries/query.ts'
import { topArtists } from '../../../dashboards/queries/top-artists.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { cohorts, insertPlays, listenersOf, onPlaysIn, perSpan, topOf } from './naive.ts'

const [HOUR, DAY, WEEK] = [3_600_000, 86_400_000, 604_800_000]
const RUNS = 12

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

/** What a query answers from plays, one by one, and if there is an answer, from rollups: it fails if there is none for it, or another than it names. */
async function ask<P extends Record<string, unknown>, Row>(query: Query<P, Row>, parameters: P) {
  const by = async (settings: ClickHouseSettings) => {
    const answer = await room.client.query({
      query: query.sql,
      query_params: parameters,
      format: 'JSONEachRow' as const,
      clickhouse_settings: { ...settings, output_format_json_quote_64bit_integers: 0 },
    })
    return answer.json<Row>()
  }
  const counted = await by({ optimize_use_projections: 0 })
  const { preferred_optimize_projection_name: named = '' } = query.settings
  const rolled = {
    ...query.settings,
    force_optimize_projection: 1 as const,
    force_optimize_projection_name: named,
  }
  if (counted.length > 0) assert.deepEqual(await by(rolled), counted)
  assert.deepEqual(await query.run(room.client, parameters), counted)
  return counted
}

const onPlays = onPlaysIn(() => room.client, RUNS)

const from = Date.UTC(2026, 0, 5)
const span = (length: number) => ({ from: new Date(from), to: new Date(from + length) })

test('plays by hour and by day are those of a loop', () =>
  onPlays(async (plays) => {
    const [hours, days] = [span(40 * HOUR), span(9 * DAY)]
    assert.deepEqual(await ask(playsByHour, hours), perSpan(plays, HOUR, hours))
    assert.deepEqual(await ask(playsByDay, days), perSpan(plays, DAY, days))
  }))

test('hours and days of an artist, listeners included, are those of a loop', () =>
  onPlays(async (plays) => {
    const [hours, days] = [span(40 * HOUR), span(9 * DAY)]
    const its = plays.filter(({ artist }) => artist === 1)
    assert.deepEqual(await ask(artistByHour, { artistId: 'artist 1', ...hours }), perSpan(its, HOUR, hours))
    assert.deepEqual(await ask(artistByDay, { artistId: 'artist 1', ...days }), perSpan(its, DAY, days))
  }))

test('listeners of artists are those of a loop, of these artists alone', () =>
  onPlays(async (plays) => {
    const days = span(2 * DAY)
    const artistIds = ['artist 1', 'artist 3', "none'); DROP TABLE plays --"]
    assert.deepEqual(await ask(artistListeners, { ...days, artistIds }), listenersOf(plays, days, [1, 3]))
    assert.deepEqual(await ask(artistListeners, { ...days, artistIds: [] }), [])
  }))

test('the most played artists are those of a loop, under the name that came last', () =>
  onPlays(async (plays) => {
    const hours = span(24 * HOUR)
    const wanted = topOf(plays, hours)
    assert.deepEqual(await ask(topArtists, { ...hours, artists: 50 }), wanted)
    const two = await ask(topArtists, { ...hours, artists: 2 })
    assert.deepEqual(
      two.map(({ plays: count }) => count),
      wanted.slice(0, 2).map(({ plays: count }) => count),
    )
  }))

test('cohorts are those of a loop, wherever their weeks begin', () =>
  onPlays(async (plays) => {
    for (const [begin, weeks] of [
      [from, 13],
      [from + 3 * DAY - 30 * WEEK, 64],
      [from - 61 * WEEK, 64],
    ] as const)
      assert.deepEqual(
        await ask(cohortRetention, { from: new Date(begin), weeks }),
        cohorts(plays, begin, weeks),
      )
  }))

test('an hour that is touched is told whole', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  const play = { listener: 1, artist: 1, track: 1, msPlayed: 1, name: 'a', receivedAt: from }
  await insertPlays(
    room.client,
    [from - 1, from, from + HOUR - 1, from + HOUR].map((at) => ({ ...play, at })),
  )
  const asked = { from: new Date(from + HOUR / 2), to: new Date(from + HOUR - 1) }
  const [hour, ...others] = await ask(playsByHour, asked)
  assert.deepEqual([hour, others], [{ start: from, plays: 2, msPlayed: 2, listeners: 1 }, []])
})

test('listeners are told exactly while they are few; of an hour up to 100, of a day within two percent', async () => {
  await room.client.command({ query: 'TRUNCATE TABLE plays' })
  const play = { artist: 1, track: 1, msPlayed: 1, name: 'a', receivedAt: from, at: from }
  const listenersAre = async (count: number) => {
    await insertPlays(
      room.client,
      Array.from({ length: count }, (_, listener) => ({ ...play, listener })),
    )
    const [[hour], [day]] = [await ask(playsByHour, span(HOUR)), await ask(playsByDay, span(DAY))]
    const [artist] = await ask(artistListeners, { ...span(DAY), artistIds: ['artist 1'] })
    return [hour!.listeners, artist!.listeners, day!.listeners] as const
  }
  assert.deepEqual(await listenersAre(100), [100, 100, 100])
  const [ofHour, ofArtist, ofDay] = await listenersAre(2_000)
  assert.deepEqual([ofHour, ofArtist], [101, 101])
  assert.ok(Math.abs(ofDay - 2_000) <= 40, `${ofDay} of 2,000`)
})
