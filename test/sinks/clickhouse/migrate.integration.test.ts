import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import pino from 'pino'
import { tables } from '../../../schemas/tables.ts'
import {
  knownMigrations,
  migrateClickhouse,
  shippedMigrations,
  statementsToRun,
} from '../../../sinks/clickhouse/migrate.ts'
import { clickhouseProxy } from './clickhouse-proxy.ts'
import { clickhouseRoom } from './room.ts'

const log = pino({ level: 'silent' })
let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

const applied = () =>
  room.rows<{ name: string; times: string }>(
    'SELECT name, count() AS times FROM schema_migrations GROUP BY name ORDER BY name',
  )

test('every table is made, each migration is recorded, and repeating changes nothing', async () => {
  for (const table of Object.values(tables)) assert.equal(await room.count(table), 0)
  const before = await applied()
  assert.deepEqual(
    before.map(({ name }) => name),
    shippedMigrations().map(({ name }) => name),
  )
  await migrateClickhouse({ ...room, log })
  assert.deepEqual(await applied(), before)
})

/** What each table of a database is made of. */
async function schemaOf(database: string): Promise<string[]> {
  const made = await room.rows<{ sql: string }>(
    'SELECT create_table_query AS sql FROM system.tables WHERE database = {database:String} ORDER BY name',
    { database },
  )
  return made.map(({ sql }) => sql.replaceAll(database, 'db'))
}

test('a dry run tells the statements, and changes nothing', async () => {
  const place = { url: room.url, database: `dry_${room.database}` }
  const statements = await statementsToRun(place)
  assert.deepEqual(
    statements.map((sql) => sql.split('\n')[0]),
    [
      `CREATE DATABASE IF NOT EXISTS \`${place.database}\` ENGINE = Atomic`,
      'CREATE TABLE IF NOT EXISTS schema_migrations',
      ...shippedMigrations().map(({ name }) => `-- ${name}`),
    ],
  )
  assert.deepEqual(await schemaOf(place.database), [])
  assert.deepEqual(await statementsToRun(room), [])
})

test('two at a time, one of them killed anywhere, make what one alone makes', async () => {
  const whole = await schemaOf(room.database)
  const anywhere = fc.tuple(fc.integer({ min: 1, max: 3 + 2 * shippedMigrations().length }), fc.boolean())
  await fc.assert(
    fc.asyncProperty(anywhere, async ([nth, lands]) => {
      const place = { database: `two_${randomUUID().replaceAll('-', '')}`, log }
      const proxy = await clickhouseProxy(room.url)
      proxy.cutAt(nth, lands)
      const one = { ...place, url: proxy.url }
      const other = { ...place, url: room.url }
      const [killed, alone] = await Promise.allSettled([migrateClickhouse(one), migrateClickhouse(other)])
      proxy.close()
      assert.deepEqual([killed.status, alone.status], ['rejected', 'fulfilled'])
      assert.deepEqual(await migrateClickhouse(other), [])
      assert.deepEqual(await schemaOf(place.database), whole)
      const states = (await knownMigrations(other)).map(({ state }) => state)
      assert.deepEqual(new Set(states), new Set(['applied']))
      await room.client.command({ query: `DROP DATABASE ${place.database} SYNC` })
    }),
    { numRuns: 4 },
  )
})

test('a statement that comes once more, however late, changes nothing', async () => {
  const whole = await schemaOf(room.database)
  for (const { sql } of shippedMigrations().toReversed()) await room.client.command({ query: sql })
  assert.deepEqual(await schemaOf(room.database), whole)
})

test('each table keeps a log of the inserts that it has taken', async () => {
  const found = await room.rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = {database:String}
     AND engine_full LIKE '%non_replicated_deduplication_window%' ORDER BY name`,
    { database: room.database },
  )
  assert.deepEqual(
    found.map(({ name }) => name),
    Object.values(tables).toSorted(),
  )
})

test('a later version adds what is new', async () => {
  const added = {
    name: '901-more',
    sql: 'CREATE TABLE IF NOT EXISTS more (n Int64) ENGINE = MergeTree ORDER BY n',
  }
  await migrateClickhouse({ ...room, log, migrations: [...shippedMigrations(), added] })
  assert.equal(await room.count('more'), 0)
})

test('a migration changed after it had been applied is refused by name', async () => {
  const [first] = shippedMigrations()
  const changed = [{ name: first!.name, sql: `${first!.sql} -- changed` }]
  await assert.rejects(migrateClickhouse({ ...room, log, migrations: changed }), {
    name: 'MigrationError',
    message: /001-plays was changed after it had been applied: restore it/,
  })
})

test('a migration that fails is named, and not recorded', async () => {
  const broken = [{ name: '902-broken', sql: 'CREATE TABLE nonsense' }]
  await assert.rejects(migrateClickhouse({ ...room, log, migrations: broken }), {
    name: 'MigrationError',
    message: /902-broken failed/,
  })
  assert.ok((await applied()).every(({ name }) => name !== '902-broken'))
})

/** By table: the column of when something happened, and how many days its rows are kept. */
const kept: Record<string, [time: string, days: number]> = {
  plays: ['played_at', 731],
  artist_totals: ['window_start', 731],
  dead_letters: ['recorded_at', 30],
  recommendations: ['made_at', 90],
  recommendations_shown: ['shown_at', 90],
  recommendations_clicked: ['clicked_at', 90],
  push_outcomes: ['at', 90],
}

test('rows go by when they came, not by when what they tell of happened', async () => {
  assert.deepEqual(Object.keys(kept).sort(), Object.values(tables).toSorted())
  for (const [table, [time, days]] of Object.entries(kept)) {
    await room.client.command({
      query: `
        INSERT INTO ${table} (${time}, kafka_offset, ingested_at)
        SELECT toDateTime64('1999-12-31 23:59:59', 3, 'UTC'), number, now() - toIntervalDay(days) - INTERVAL 1 HOUR
        FROM values('number UInt64, days Int32', (0, 0), (1, ${days - 2}), (2, ${days}))`,
    })
    await room.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
    const left = await room.rows(`SELECT toUInt32(kafka_offset) AS offset FROM ${table} ORDER BY offset`)
    assert.deepEqual(left, [{ offset: 0 }, { offset: 1 }], table)
    await room.client.command({ query: `TRUNCATE TABLE ${table}` })
  }
})
