import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import type { Finding } from '../../../sinks/finding.ts'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { lookAtClickhouse } from '../../../sinks/clickhouse/promises/look.ts'
import { clickhouseChecks } from '../../../sinks/clickhouse/promises/promises.ts'
import { startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import { sinksProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { insertJson } from './insert-json.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof clickhouseRoom>>
let kafka: Awaited<ReturnType<typeof sinkRoom>>
let database: string
before(async () => {
  room = await clickhouseRoom()
  kafka = await sinkRoom()
  database = room.database
})
after(async () => {
  await room.close()
  await kafka.close()
})

const undo: string[] = []
afterEach(async () => {
  for (const query of undo.splice(0).reverse()) await room.client.command({ query })
})

/** Does something to the server that is undone after the test. */
async function change(query: string, back: string): Promise<void> {
  undo.push(back)
  await room.client.command({ query })
}

const make = (kind: 'TABLE' | 'VIEW', name: string, rest: string) =>
  change(
    `CREATE ${kind === 'VIEW' ? 'MATERIALIZED VIEW' : kind} ${name} ${rest}`,
    `DROP ${kind} ${name} SYNC`,
  )

const withoutWindow = (table: string) =>
  change(
    `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 0`,
    `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 10000`,
  )

/** As a user's address says it. */
const addressWith = (setting: string) => `${room.url}/?clickhouse_setting_${setting}`

/** What is not in order. */
async function found(tables = ['plays'], url = room.url): Promise<Finding[]> {
  const client = connectClickhouse({ url, database })
  try {
    const seen = await lookAtClickhouse(client, tables)
    return clickhouseChecks.map((check) => check(seen)).filter(({ state }) => state !== 'ok')
  } finally {
    await client.close()
  }
}

/** How often a row is there, and in `counted` what a view has made of it, after its insert was repeated. */
async function repeated(counted: string, url = room.url): Promise<number> {
  const client = connectClickhouse({ url, database })
  const row = { event_id: randomUUID(), kafka_topic: 't', kafka_topic_id: 'i', kafka_offset: 0 }
  const origin = { topic: 't', topicId: randomUUID(), partition: 0 }
  const chunk = { from: 0n, end: 1n, last: 0n, rows: [row] }
  for (const _ of [1, 2]) await insertJson(client, 'plays', origin, chunk)
  await client.close()
  const [counts] = await room.rows<{ n: number }>(`SELECT toFloat64(${counted}) AS n`)
  return counts!.n
}

const sinkAt = (url: string) => {
  const { options } = kafka.surroundings(randomUUID())
  return startClickhouseSink({ ...options, clickhouse: { url, database } })
}

test('as migrated, all is in order', async () => {
  assert.deepEqual(await found(['plays', 'artist_totals', 'dead_letters', 'push_outcomes']), [])
})

test('a window of 0: a repeated insert counts twice, it is named with its remedy, and the sink does not start', async () => {
  await withoutWindow('plays')
  const before = await room.count('plays')
  assert.equal(await repeated('(SELECT count() FROM plays)'), before + 2)
  const remedy = `ALTER TABLE ${database}.plays MODIFY SETTING non_replicated_deduplication_window = 10000`
  assert.deepEqual(await found(['plays', 'dead_letters']), [
    {
      name: 'deduplication window',
      state: 'bad',
      remedy,
      found: `${database}.plays: non_replicated_deduplication_window = 0, so a repeated insert counts twice`,
    },
  ])
  await assert.rejects(sinkAt(room.url), {
    name: 'ExactlyOnceError',
    message: new RegExp(
      `^ClickHouse would not count each row once.*${database}\\.plays: .*Remedy: ${remedy}$`,
      's',
    ),
  })
  await room.client.command({ query: remedy })
  assert.deepEqual(await found(), [])
  await (await sinkAt(room.url)).stop()
})

test('a table that says nothing has the window of its server, and a small one is told', async () => {
  await make('TABLE', 'silent', 'AS plays ENGINE = MergeTree ORDER BY event_id')
  assert.match((await found(['silent']))[0]!.found, /silent: non_replicated_deduplication_window = 0/)
  await room.client.command({
    query: 'ALTER TABLE silent MODIFY SETTING non_replicated_deduplication_window = 7',
  })
  const [few] = await found(['silent'])
  assert.equal(few?.state, 'warn')
  assert.match(few.found, /only the last 7 inserts/)
})

test('asynchronous inserts and a deduplication that is off come with the address: the sink does not start', async () => {
  for (const [setting, name, says] of [
    ['async_insert=1', 'asynchronous inserts', /async_insert = 1/],
    ['deduplicate_insert=disable', 'deduplication', /deduplicate_insert = disable/],
    ['max_insert_block_size=100', 'one insert, one block', /max_insert_block_size = 100/],
  ] as const) {
    const [bad, ...others] = await found(['plays'], addressWith(setting))
    assert.deepEqual([bad?.name, bad?.state, others], [name, 'bad', []])
    assert.match(bad!.found, says)
    await assert.rejects(sinkAt(addressWith(setting)), { name: 'ExactlyOnceError', message: says })
  }
  const before = await room.count('plays')
  const off = addressWith('deduplicate_insert=disable')
  assert.equal(await repeated('(SELECT count() FROM plays)', off), before + 2)
})

const PER_DAY = 'AS SELECT toDate(played_at) AS day, count() AS n FROM plays GROUP BY day'
const ROLLUP = 'ENGINE = SummingMergeTree ORDER BY day'
const KEPT = 'SETTINGS non_replicated_deduplication_window = 10000'

test('a view whose own table has no window doubles: it and its table are named, and the sink does not start', async () => {
  await make('VIEW', 'per_day', `${ROLLUP} ${PER_DAY}`)
  assert.equal(await repeated('(SELECT sum(n) FROM per_day)'), 2)
  const [bad, ...others] = await found()
  assert.deepEqual([bad?.name, bad?.state, others], ['dependent views', 'bad', []])
  assert.match(bad!.found, new RegExp(`${database}\\.per_day writes to ${database}\\.\`\\.inner_id\\.`))
  await assert.rejects(sinkAt(room.url), { name: 'ExactlyOnceError', message: /per_day writes to/ })
  const remedy = (bad as { remedy: string }).remedy
  assert.match(
    remedy,
    /^ALTER TABLE .*inner_id.* MODIFY SETTING non_replicated_deduplication_window = 10000$/,
  )
  await room.client.command({ query: remedy })
  assert.deepEqual(await found(), [])
  await room.client.command({ query: `TRUNCATE TABLE ${/ALTER TABLE (\S+)/.exec(remedy)![1]!}` })
  assert.equal(await repeated('(SELECT sum(n) FROM per_day)'), 1)
})

test('views of views are followed, by whatever names, into other databases; what throws rows away doubles nothing', async () => {
  const other = `${database}_other`
  await change(`CREATE DATABASE ${other}`, `DROP DATABASE ${other}`)
  await make('TABLE', 'days', `(day Date, n UInt64) ${ROLLUP} ${KEPT}`)
  await make('VIEW', '`to days`', `TO days ${PER_DAY}`)
  await make('TABLE', 'nowhere', '(day Date, n UInt64) ENGINE = Null')
  await make('VIEW', 'to_nowhere', `TO nowhere ${PER_DAY}`)
  assert.deepEqual(await found(), [])
  const odd = `${other}.\`years \\\`of TO a.b\``
  await make('TABLE', odd, `(year UInt16, n UInt64) ENGINE = SummingMergeTree ORDER BY year`)
  await make('VIEW', `${other}.to_years`, `TO ${odd} AS SELECT toYear(day) AS year, n FROM ${database}.days`)
  const [bad] = await found()
  assert.equal(
    bad?.found,
    `${other}.to_years writes to ${odd}, which has no window: it would count a repeated insert twice`,
  )
  assert.equal(
    (bad as { remedy: string }).remedy,
    `ALTER TABLE ${odd} MODIFY SETTING non_replicated_deduplication_window = 10000`,
  )
  await room.client.command({ query: (bad as { remedy: string }).remedy })
  assert.deepEqual(await found(), [])
  const off = addressWith('deduplicate_blocks_in_dependent_materialized_views=0')
  assert.deepEqual(await found(['plays'], off), [], 'the sink asks for it with each insert')
  await make('TABLE', 'remembered', '(day Date, n UInt64) ENGINE = Memory')
  await make('VIEW', 'to_memory', `TO remembered ${PER_DAY}`)
  const [memory] = await found()
  assert.match(memory!.found, /to_memory writes to .*remembered, which has no window/)
  assert.match((memory as { remedy: string }).remedy, /remembered a MergeTree with a window: Memory has none/)
})

test('a table that is missing, of another engine, or divided', async () => {
  assert.deepEqual(await found(['plays', 'absent']), [
    { name: 'tables', state: 'bad', found: 'missing: absent', remedy: '`continuo migrate`' },
  ])
  await make('TABLE', 'in_memory', 'AS plays ENGINE = Memory')
  assert.match(
    (await found(['in_memory']))[0]!.found,
    /in_memory is Memory, which takes a repeated insert twice/,
  )
  await make(
    'TABLE',
    'divided',
    `AS plays ENGINE = MergeTree ORDER BY event_id PARTITION BY toYYYYMM(played_at) ${KEPT}`,
  )
  assert.match((await found(['divided']))[0]!.found, /divided has partitions \(toYYYYMM\(played_at\)\)/)
})

test('the process ends with one line that names table and remedy, and code 1', async () => {
  await withoutWindow('plays')
  const process = await sinksProcess('clickhouse', {
    ...kafka.env,
    CLICKHOUSE_DATABASE: database,
    APPLICATION_ID: randomUUID(),
  })
  try {
    await until(() => process.ended, { within: 60_000, what: 'the process to end' })
    assert.equal(await process.stop(), 1)
    const fatal = process.output.split('\n').find((line) => line.includes('"level":60'))!
    assert.match(
      fatal,
      /"type":"ExactlyOnceError".*\.plays: non_replicated_deduplication_window = 0.*ALTER TABLE/,
    )
    assert.doesNotMatch(fatal, /"stack"/)
  } finally {
    await process.kill()
  }
})
