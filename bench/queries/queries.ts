import assert from 'node:assert/strict'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { artistByHour } from '../../dashboards/queries/artist-by-hour.ts'
import { artistListeners } from '../../dashboards/queries/artist-listeners.ts'
import { cohortRetention } from '../../dashboards/queries/cohort-retention.ts'
import { ownArtists } from '../../dashboards/queries/own-artists.ts'
import { ownDays } from '../../dashboards/queries/own-days.ts'
import { playsByDay } from '../../dashboards/queries/plays-by-day.ts'
import { playsByHour } from '../../dashboards/queries/plays-by-hour.ts'
import type { Query } from '../../dashboards/queries/query.ts'
import { topArtists } from '../../dashboards/queries/top-artists.ts'
import { DAY } from '../../dashboards/server/endpoints/spans.ts'
import { DAYS, START, keepComing, rowsOf } from './fill.ts'
import { onMadePlays } from './on-made-plays.ts'

const ROUNDS = 100
const COMING_A_SECOND = 20_000
/** Plays one by one take seconds, or minutes on a machine with other work. */
const ROUNDS_OF_FLOOR = 1

interface Asked {
  what: string
  query: Pick<Query<never, unknown>, 'sql' | 'settings'>
  parameters: Record<string, unknown>
}

/** Queries of dashboards over so many made plays of 90 days, and beside each the same without rollups. */
export const benchQueries = (rows: number): Promise<void> =>
  onMadePlays(rows, async (client) => {
    console.table(await sizes(client))
    const asked = await questions(client)
    for (const each of asked) console.table([await measured(client, each)])
    const stop = keepComing(client, rows, COMING_A_SECOND)
    const meanwhile = []
    for (const each of asked) {
      const { ms, cpuMs } = await times(client, each, ROUNDS, {})
      meanwhile.push({
        what: each.what,
        'p50 ms': at(ms, 0.5),
        'p95 ms': at(ms, 0.95),
        'CPU-ms of the engine': cpuMs.toFixed(1),
      })
    }
    console.log(`the same, while ${(await stop()).toFixed(0)} rows a second come in, merges included`)
    console.table(meanwhile)
  })

async function questions(client: ClickHouseClient): Promise<Asked[]> {
  const to = new Date(START + DAYS * DAY)
  const all = { from: new Date(START), to }
  const last = {
    from: new Date(to.getTime() - DAY - 19 * 3_600_000),
    to: new Date(to.getTime() - 19 * 3_600_000),
  }
  const month = { from: new Date(to.getTime() - 31 * DAY), to }
  const top = await topArtists.run(client, { ...last, artists: 100 })
  const artistIds = top.map(({ artistId }) => artistId)
  const [{ listener }] = (await rowsOf(client, 'SELECT topK(1)(listener)[1] AS listener FROM plays')) as [
    { listener: string },
  ]
  return [
    { what: 'top 50 artists of 24 h', query: topArtists, parameters: { ...last, artists: 50 } },
    { what: 'plays by hour, 90 days', query: playsByHour, parameters: all },
    { what: 'listeners by day, 90 days', query: playsByDay, parameters: all },
    {
      what: 'the most played artist by hour, 90 days',
      query: artistByHour,
      parameters: { ...all, artistId: artistIds[0]! },
    },
    {
      what: 'retention of 13 weekly cohorts',
      query: cohortRetention,
      parameters: { from: all.from, weeks: 13 },
    },
    { what: 'own days, 90 days', query: ownDays, parameters: { ...all, listener } },
    { what: 'own artists, 90 days', query: ownArtists, parameters: { ...all, listener } },
    {
      what: 'listeners of 100 artists, a month',
      query: artistListeners,
      parameters: { ...month, artistIds },
    },
  ]
}

async function measured(client: ClickHouseClient, asked: Asked) {
  const rolled = await times(client, asked, ROUNDS, {})
  const floor = await times(client, asked, ROUNDS_OF_FLOOR, { optimize_use_projections: 0 })
  assert.deepEqual(rolled.answer, floor.answer, asked.what)
  return {
    what: asked.what,
    'p50 ms': at(rolled.ms, 0.5),
    'p95 ms': at(rolled.ms, 0.95),
    'CPU-ms': rolled.cpuMs.toFixed(1),
    'floor: on plays, ms': floor.ms[Math.floor(floor.ms.length / 2)]!.toFixed(0),
    'CPU-ms of it': floor.cpuMs.toFixed(0),
  }
}

const at = (ms: number[], share: number) => ms[Math.floor(share * ms.length)]!.toFixed(1)

async function times(
  client: ClickHouseClient,
  { query, parameters }: Asked,
  rounds: number,
  clickhouse_settings: ClickHouseSettings,
) {
  const ask = async () => {
    const answer = await client.query({
      query: query.sql,
      query_params: parameters,
      format: 'JSONEachRow' as const,
      clickhouse_settings: { ...query.settings, ...clickhouse_settings },
    })
    return answer.json()
  }
  const answer = await ask()
  const ms: number[] = []
  const before = await cpuMs(client)
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    await ask()
    ms.push(performance.now() - began)
  }
  return { answer, ms: ms.toSorted((a, b) => a - b), cpuMs: ((await cpuMs(client)) - before) / rounds }
}

/** CPU time that all threads of the engine have taken so far. */
async function cpuMs(client: ClickHouseClient): Promise<number> {
  const [row] = await rowsOf<{ ms: number }>(
    client,
    "SELECT toFloat64(sum(value)) / 1e3 AS ms FROM system.events WHERE event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')",
  )
  return row!.ms
}

const sizes = (client: ClickHouseClient) =>
  rowsOf(
    client,
    `SELECT what, toFloat64(sum(rows)) AS rows, round(sum(bytes) / 1e6, 1) AS MB, count() AS parts
     FROM (
       SELECT name AS what, rows, bytes_on_disk AS bytes FROM system.projection_parts
       WHERE active AND database = currentDatabase()
       UNION ALL
       SELECT 'plays, rollups included', rows, bytes_on_disk FROM system.parts
       WHERE active AND database = currentDatabase() AND table = 'plays'
     )
     GROUP BY what
     ORDER BY MB`,
  )
