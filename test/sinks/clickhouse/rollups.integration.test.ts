import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import pino from 'pino'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { migrateClickhouse, shippedMigrations } from '../../../sinks/clickhouse/migrate.ts'
import { createTableOf } from '../../../sinks/clickhouse/version-tables.ts'
import { insertJson } from './insert-json.ts'
import { clickhouseRoom } from './room.ts'
import { rollupsAreThoseOfRows, rollupsOf } from './rollups.ts'

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
beforeEach(() => run('TRUNCATE TABLE plays'))
after(() => room.close())

const run = (query: string) => room.client.command({ query, clickhouse_settings: { mutations_sync: '2' } })
const origin = { topic: 'plays-clean', topicId: 'id', partition: 0 }

/** Plays of these offsets, of a few listeners and artists, over some weeks. */
function chunk(from: number, end: number, given: object = {}) {
  const rows = Array.from({ length: end - from }, (_, index) => {
    const offset = from + index
    return {
      event_id: String(offset),
      listener: `listener ${offset % 7}`,
      ms_played: offset,
      artist_id: `artist ${offset % 5}`,
      artist_name: `Artist ${offset % 3}`,
      played_at: new Date(Date.UTC(2026, 0, 1) + offset * 7_654_321)
        .toISOString()
        .replace(/[TZ]/g, ' ')
        .trim(),
      kafka_topic: origin.topic,
      kafka_topic_id: 'id',
      kafka_partition: 0,
      kafka_offset: offset,
      ...given,
    }
  })
  return { from: BigInt(from), end: BigInt(end), last: BigInt(end - 1), rows }
}

const insert = (from: number, end: number, given?: object, client = room.client) =>
  insertJson(client, 'plays', origin, chunk(from, end, given))

const total = async () => {
  const [row] = await room.rows<{ plays: string }>(
    'SELECT sum(plays) AS plays FROM (SELECT played_hour, count() AS plays FROM plays GROUP BY played_hour) SETTINGS force_optimize_projection = 1',
  )
  return Number(row!.plays)
}

test('a range that is sent again is in the rollups once', async () => {
  await insert(0, 100)
  await insert(0, 100)
  await insert(100, 150)
  assert.equal(await total(), 150)
  await rollupsAreThoseOfRows(room.client)
})

test('what is deleted or expired leaves the rollups, too, and nothing is only hidden', async () => {
  await insert(0, 100)
  await insert(100, 200, { ingested_at: '2020-01-01 00:00:00.000' })
  await insert(200, 300)
  await assert.rejects(run("DELETE FROM plays WHERE listener = 'listener 3'"), /projection/)
  await run("ALTER TABLE plays DELETE WHERE listener = 'listener 4'")
  await rollupsAreThoseOfRows(room.client)
  await run('OPTIMIZE TABLE plays FINAL')
  const [expired] = await room.rows<{ n: string }>(
    'SELECT count() AS n FROM plays WHERE kafka_offset BETWEEN 100 AND 199 SETTINGS optimize_use_projections = 0',
  )
  assert.equal(Number(expired!.n), 0)
  await rollupsAreThoseOfRows(room.client)
})

test('plays that were there before there were rollups get them, while others come in', async () => {
  const old = shippedMigrations().filter(({ name }) => name < '012')
  const place = { url: room.url, database: `test_${randomUUID().replaceAll('-', '')}` }
  const log = pino({ level: 'silent' })
  await migrateClickhouse({ ...place, log, migrations: old })
  const client = connectClickhouse(place)
  try {
    for (let at = 0; at < 200; at += 50) await insert(at, at + 50, {}, client)
    const coming = async () => {
      for (let at = 200; at < 400; at += 20) await insert(at, at + 20, {}, client)
    }
    const migrations = shippedMigrations()
    await Promise.all([coming(), ...[1, 2].map(() => migrateClickhouse({ ...place, log, migrations }))])
    assert.deepEqual((await rollupsOf(client, 'plays')).map(({ name }) => name).sort(), [
      'artist_by_day',
      'artist_by_hour',
      'by_artist',
      'by_day',
      'by_hour',
      'by_hour_artist',
      'by_listener',
      'plays_of_listener',
    ])
    await rollupsAreThoseOfRows(client)
    const answer = await client.query({
      query: 'SELECT toUInt32(count()) AS plays FROM plays',
      format: 'JSONEachRow',
    })
    assert.deepEqual(await answer.json(), [{ plays: 400 }])
  } finally {
    await client.command({ query: `DROP DATABASE ${place.database}` })
    await client.close()
  }
})

test('a table of another version has them as well', async () => {
  await createTableOf(room.client, { table: 'plays', version: 2 })
  const names = async (table: string) => (await rollupsOf(room.client, table)).map(({ name }) => name).sort()
  assert.deepEqual(await names('plays_v2'), await names('plays'))
})
