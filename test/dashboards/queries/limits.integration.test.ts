import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { type Query, limits, query } from '../../../dashboards/queries/query.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'

const folder = new URL('../../../dashboards/queries/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.slice(0, -4))

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => {
  room = await clickhouseRoom()
})
after(() => room.close())

test('each query goes with the limits, and each value as a parameter', async () => {
  const asked: { query: string; query_params: object; clickhouse_settings: ClickHouseSettings }[] = []
  const client = {
    query: async (each: (typeof asked)[number]) => {
      asked.push(each)
      return { json: async () => [] }
    },
  } as unknown as ClickHouseClient
  const values = { artistId: "it's", listener: 'somebody' }
  for (const name of names) await query<typeof values, unknown>(name).run(client, values)
  assert.equal(asked.length, names.length)
  assert.ok(names.length >= 11)
  for (const [at, each] of asked.entries()) {
    assert.equal(each.query, query(names[at]!).sql)
    assert.deepEqual([each.query_params, each.clickhouse_settings], [values, limits])
  }
  assert.equal(limits.readonly, '1')
  await query<typeof values, unknown>(names[0]!, 'by_hour').run(client, values)
  const settings = { ...limits, preferred_optimize_projection_name: 'by_hour' }
  assert.deepEqual(asked.at(-1)!.clickhouse_settings, settings)
})

test('a rollup that a query names is one that plays has', async () => {
  const answer = await room.client.query({
    query: "SELECT name FROM system.projections WHERE database = currentDatabase() AND table = 'plays'",
    format: 'JSONEachRow',
  })
  const rollups = (await answer.json<{ name: string }>()).map(({ name }) => name)
  const modules = await Promise.all(
    names.map(
      (name) => import(`${folder}${name}.ts`) as Promise<Record<string, Partial<Query<never, unknown>>>>,
    ),
  )
  const named = modules.flatMap((module) =>
    Object.values(module).flatMap(({ settings }) => settings?.preferred_optimize_projection_name ?? []),
  )
  assert.ok(named.length >= 12)
  assert.deepEqual(
    named.filter((name) => !rollups.includes(String(name))),
    [],
  )
})

/** What ClickHouse makes of a statement under the limits of queries, and these. */
const under = (sql: string, settings: ClickHouseSettings = {}) =>
  room.client
    .query({
      query: sql,
      query_params: { number: 7 },
      clickhouse_settings: { ...limits, ...settings },
      format: 'JSONEachRow',
    })
    .then((answer) => answer.json())

test('under the limits a value is bound and rows are read', async () => {
  assert.deepEqual(await under('SELECT {number: UInt8} AS number'), [{ number: 7 }])
  const inForce =
    "SELECT name, value FROM system.settings WHERE name IN ('readonly', 'max_execution_time') ORDER BY name"
  assert.deepEqual(await under(inForce), [
    { name: 'max_execution_time', value: '5' },
    { name: 'readonly', value: '1' },
  ])
})

for (const [what, sql] of [
  ['a row', "INSERT INTO plays (event_id) VALUES ('x')"],
  ['a table', 'CREATE TABLE more (n UInt8) ENGINE = Memory'],
  ['a deletion', 'TRUNCATE TABLE plays'],
  ['a limit', 'SELECT 1 SETTINGS max_execution_time = 600'],
  ['a right to write', 'SELECT 1 SETTINGS readonly = 0'],
  ['a temporary table', 'CREATE TEMPORARY TABLE more (n UInt8)'],
  ['a file', "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
  ['another host', "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')"],
] as const)
  test(`under the limits ${what} is refused`, async () => {
    await assert.rejects(under(sql), /READONLY|readonly mode/)
  })

for (const [what, sql, settings, code] of [
  [
    'time',
    'SELECT sum(sipHash64(number)) FROM numbers(100000000000)',
    { max_execution_time: 1, max_rows_to_read: '0' },
    '159',
  ],
  ['rows read', 'SELECT count() FROM numbers(1000000000) WHERE number % 7 = 1', {}, '158'],
  ['rows answered', 'SELECT number FROM numbers(10001)', {}, '396'],
  ['memory', 'SELECT length(groupArray(number)) FROM numbers(100000000)', {}, '241'],
] as const)
  test(`a query that takes too much ${what} is ended`, async () => {
    await assert.rejects(under(sql, settings), { code })
  })
