import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { playsByMinute } from '../../../dashboards/queries/plays-by-minute.ts'
import { type Dashboard, startDashboard } from '../../../dashboards/server/index.ts'
import { services } from '../../kit/services.ts'
import { until } from '../../kit/until.ts'
import { testDatabase } from '../database.ts'

const MINUTE = 60_000
const log = pino({ level: 'silent' })
const host = '127.0.0.1'
const gatewayUrl = 'ws://127.0.0.1:1/connection/websocket'

let database: Awaited<ReturnType<typeof testDatabase>>
let dashboard: Dashboard
let metrics: Registry

before(async () => {
  database = await testDatabase((await services()).clickhouseUrl)
  metrics = new Registry()
  dashboard = await startDashboard({ host, port: 0, clickhouse: database, k: 1, gatewayUrl, log, metrics })
})

after(async () => {
  await dashboard.stop()
  await database.drop()
})

const get = (path: string) => fetch(`http://${host}:${dashboard.port}${path}`)

test('plays are counted in the minute they were played in, from the first to before the last', async () => {
  const from = Date.UTC(2026, 0, 1, 12, 0)
  await database.insertPlays([
    from - 1,
    from,
    from + 59_999,
    from + MINUTE,
    from + 3 * MINUTE - 1,
    from + 3 * MINUTE,
  ])
  const client = createClient({ url: database.url, database: database.database })
  const rows = await playsByMinute.run(client, { from: new Date(from), to: new Date(from + 3 * MINUTE) })
  await client.close()
  assert.deepEqual(rows, [
    { start: from, plays: 2, listeners: 1 },
    { start: from + MINUTE, plays: 1, listeners: 1 },
    { start: from + 2 * MINUTE, plays: 1, listeners: 1 },
  ])
})

test('the page gets the last minutes, the running one included', async () => {
  const now = Date.now()
  const minute = Math.floor(now / MINUTE) * MINUTE
  await database.insertPlays([minute, minute - 1, minute - 30 * MINUTE])
  const response = await get('/api/plays-by-minute?minutes=30')
  assert.equal(response.status, 200)
  const { from, to, minutes } = (await response.json()) as { from: number; to: number; minutes: unknown[] }
  assert.equal(to - from, 30 * MINUTE)
  assert.ok(to > now)
  assert.deepEqual(minutes, [
    { start: minute - MINUTE, plays: 1, listeners: 1 },
    { start: minute, plays: 1, listeners: 1 },
  ])
})

test('a minute of fewer listeners than k is not told, and listeners are told in steps of k', async (t) => {
  const [from, minute] = [Date.UTC(2026, 0, 2), Math.floor(Date.now() / MINUTE) * MINUTE]
  const few = await testDatabase(database.url)
  const asked = { host, port: 0, clickhouse: few, k: 3, gatewayUrl, log, metrics: new Registry() }
  const publicOne = await startDashboard(asked)
  t.after(async () => {
    await publicOne.stop()
    await few.drop()
  })
  const ago = (minutes: number, plays: number) => Array<number>(plays).fill(minute - minutes * MINUTE)
  await few.insertPlays([...ago(5, 2), ...ago(4, 4), ...ago(3, 3), from], 'many')
  await few.insertPlays(ago(2, 9))
  const answer = await fetch(`http://${host}:${publicOne.port}/api/plays-by-minute`)
  const { k, minutes } = (await answer.json()) as { k: number; minutes: unknown }
  assert.equal(k, 3)
  assert.deepEqual(minutes, [
    { start: minute - 4 * MINUTE, plays: 4, listeners: 3 },
    { start: minute - 3 * MINUTE, plays: 3, listeners: 3 },
  ])
})

test('sixty minutes are the default', async () => {
  const { from, to } = (await (await get('/api/plays-by-minute')).json()) as { from: number; to: number }
  assert.equal(to - from, 60 * MINUTE)
})

test('it is ready when ClickHouse answers, and times its answers by route', async () => {
  await until(() => dashboard.ready(), { what: 'the dashboard to be ready' })
  await get('/api/time')
  assert.match(
    await metrics.metrics(),
    /continuo_dashboard_request_seconds_count\{route="\/api\/time",status="200"\}/,
  )
})

test('without ClickHouse the page is served all the same, and history says what to do', async () => {
  const clickhouse = { url: 'http://127.0.0.1:9', database: 'none' }
  const alone = await startDashboard({
    host,
    port: 0,
    clickhouse,
    k: 1,
    gatewayUrl,
    log,
    metrics: new Registry(),
  })
  try {
    const address = `http://${host}:${alone.port}`
    assert.equal((await fetch(address)).status, 200)
    assert.equal(alone.ready(), false)
    const response = await fetch(`${address}/api/plays-by-minute`)
    assert.equal(response.status, 503)
    const answer = (await response.json()) as { error: string; remedy: string }
    assert.equal(answer.error, 'history_unavailable')
    assert.match(answer.remedy, /CLICKHOUSE_URL/)
  } finally {
    await alone.stop()
  }
})
