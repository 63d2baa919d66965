import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { startStack, type Stack } from '../../../stack/index.ts'
import { until } from '../../kit/until.ts'

let dataDir: string
let stack: Stack
let client: ClickHouseClient

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'continuo-clickhouse-'))
  stack = await startStack({ dataDir, only: ['clickhouse'], ports: { clickhouse: 0 }, progress: () => {} })
  client = createClient({ url: stack.urls.clickhouseUrl, log: { level: ClickHouseLogLevel.OFF } })
  await client.command({ query: 'CREATE DATABASE app' })
})

after(async () => {
  await client.close()
  await stack.stop()
  await rm(dataDir, { recursive: true })
})

async function rows<T>(query: string, params: Record<string, unknown> = {}): Promise<T[]> {
  const answer = await client.query({ query, query_params: params, format: 'JSONEachRow' })
  return answer.json<T>()
}

test('a ping is answered', async () => {
  assert.deepEqual(await client.ping(), { success: true })
  assert.deepEqual(await client.ping({ select: true }), { success: true })
})

test('an answer has the format that was asked for, and its query id', async () => {
  const query = 'SELECT number AS n FROM numbers(2)'
  const json = await client.query({ query, format: 'JSON', query_id: 'my-query' })
  assert.equal(json.query_id, 'my-query')
  assert.deepEqual((await json.json<{ n: number }>()).data, [{ n: 0 }, { n: 1 }])
  assert.equal(await (await client.query({ query, format: 'CSVWithNames' })).text(), '"n"\n0\n1\n')
  assert.equal(await (await client.query({ query, format: 'TabSeparated' })).text(), '0\n1\n')
})

test('parameters reach the statement as they are, whatever they hold', async () => {
  const text = 'it\'s "quoted" \\ back, tab\t, line\n, ünïcode 🎵, {x:Int8}'
  const [row] = await rows<object>(
    'SELECT {text:String} AS text, {list:Array(String)} AS list, {none:Nullable(String)} AS none, {at:DateTime64(3)} AS at',
    { text, list: ["a'b", 'c\\d'], none: null, at: new Date('2026-01-02T03:04:05.678Z') },
  )
  assert.deepEqual(row, { text, list: ["a'b", 'c\\d'], none: null, at: '2026-01-02 03:04:05.678' })
})

test('settings hold for one statement only', async () => {
  const setting = "SELECT getSetting('max_block_size') AS size"
  const answer = await client.query({
    query: setting,
    format: 'JSONEachRow',
    clickhouse_settings: { max_block_size: '1234' },
  })
  assert.deepEqual(await answer.json(), [{ size: 1234 }])
  assert.notDeepEqual(await rows(setting), [{ size: 1234 }])
})

test('rows are streamed in and out', async () => {
  await client.command({ query: 'CREATE TABLE app.streamed (n UInt32) ENGINE = MergeTree ORDER BY n' })
  const values = Readable.from(Array.from({ length: 50_000 }, (_, n) => ({ n })))
  await client.insert({ table: 'app.streamed', values, format: 'JSONEachRow' })
  const answer = await client.query({ query: 'SELECT n FROM app.streamed', format: 'JSONEachRow' })
  let sum = 0
  for await (const batch of answer.stream<{ n: number }>()) for (const row of batch) sum += row.json().n
  assert.equal(sum, (50_000 * 49_999) / 2)
})

test('bytes pass unchanged, compressed both ways', async () => {
  const compressing = createClient({
    url: stack.urls.clickhouseUrl,
    compression: { request: true, response: true },
  })
  await compressing.command({
    query: 'CREATE TABLE app.zipped (n UInt8, t String) ENGINE = MergeTree ORDER BY n',
  })
  const values = [{ n: 1, t: 'ü\u0000🎵'.repeat(1000) }]
  await compressing.insert({ table: 'app.zipped', values, format: 'JSONEachRow' })
  const answer = await compressing.query({ query: 'SELECT * FROM app.zipped', format: 'JSONEachRow' })
  assert.equal(answer.response_headers['content-encoding'], 'gzip')
  assert.deepEqual(await answer.json(), values)
  await compressing.close()
})

test('an insert reports what it wrote, and one without rows is none', async () => {
  await client.command({ query: 'CREATE TABLE app.counted (n UInt8) ENGINE = MergeTree ORDER BY n' })
  const into = { table: 'app.counted', format: 'JSONEachRow' as const }
  const { summary } = await client.insert({ ...into, values: [{ n: 1 }, { n: 2 }] })
  assert.equal(summary?.written_rows, '2')
  await client.insert({ ...into, values: Readable.from([]) })
  await client.command({ query: 'INSERT INTO app.counted VALUES (3)' })
  await client.command({ query: 'INSERT INTO app.counted SELECT n + 10 FROM app.counted' })
  assert.deepEqual(await rows('SELECT count() AS c FROM app.counted'), [{ c: 6 }])
})

test('a refusal carries its code and name', async () => {
  await assert.rejects(rows('SELECT * FROM app.nowhere'), { code: '60', type: 'UNKNOWN_TABLE' })
  await assert.rejects(rows('SELEKT 1'), { code: '62', type: 'SYNTAX_ERROR' })
  await assert.rejects(
    client.insert({ table: 'app.streamed', values: ['{"n": "none"'], format: 'JSONEachRow' }),
    { type: /CANNOT_PARSE/ },
  )
  await assert.rejects(
    client.query({
      query: 'SELECT 1',
      clickhouse_settings: { no_such_setting: 1 },
    }),
    {
      code: '115',
    },
  )
})

test('an aborted query is killed', async () => {
  const gone = new AbortController()
  const slow = client.query({
    query: 'SELECT sleepEachRow(0.2) FROM numbers(1000) SETTINGS max_block_size = 1',
    abort_signal: gone.signal,
  })
  const running = async () =>
    rows(
      "SELECT 1 FROM system.processes WHERE query LIKE '%sleepEachRow(0.2)%' AND query NOT LIKE '%processes%'",
    )
  await until(async () => (await running()).length === 1, { what: 'the query to run' })
  gone.abort()
  await assert.rejects(slow)
  await until(async () => (await running()).length === 0, { what: 'the query to end' })
})

test('a session keeps its temporary tables, and is used by one request at a time', async () => {
  const session_id = 'a-session'
  await client.command({ query: 'CREATE TEMPORARY TABLE mine (n UInt8)', session_id })
  await client.insert({ table: 'mine', values: [{ n: 7 }], format: 'JSONEachRow', session_id })
  const answer = await client.query({ query: 'SELECT n FROM mine', format: 'JSONEachRow', session_id })
  assert.deepEqual(await answer.json(), [{ n: 7 }])
  const one = { query: 'SELECT sleep(0.3)', session_id }
  const both = await Promise.allSettled([client.command(one), client.command(one)])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  const [refused] = both.filter((result) => result.status === 'rejected')
  assert.equal((refused?.reason as { type: string }).type, 'SESSION_IS_LOCKED')
})

test('more statements than run at once are all answered', async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => rows<{ n: number }>('SELECT {n:UInt8} AS n', { n })),
  )
  assert.deepEqual(
    answers.map(([row]) => row?.n),
    Array.from({ length: 40 }, (_, n) => n),
  )
})

test('a block that was inserted is not inserted again under the same token', async () => {
  await client.command({
    query:
      'CREATE TABLE app.once (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
  })
  const insert = (token: string) =>
    client.insert({
      table: 'app.once',
      values: [{ n: 1 }],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: token, async_insert: 0 },
    })
  await insert('plays-0-0-99')
  await insert('plays-0-0-99')
  await insert('plays-0-100-199')
  assert.deepEqual(await rows('SELECT count() AS c FROM app.once'), [{ c: 2 }])
})
