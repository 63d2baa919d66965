import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { tables } from '../../../schemas/tables.ts'
import { migrateClickhouse, shippedMigrations } from '../../../sinks/clickhouse/migrate.ts'
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
