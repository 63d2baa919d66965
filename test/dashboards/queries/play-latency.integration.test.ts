import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { playLatency } from '../../../dashboards/queries/play-latency.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { clickhouseTime } from '../database.ts'

const [MINUTE, DAY] = [60_000, 86_400_000]
const to = Date.UTC(2026, 0, 5, 12)
const from = to - 5 * MINUTE

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
beforeEach(() => room.client.command({ query: 'TRUNCATE TABLE plays' }))
after(() => room.close())

interface Took {
  ms: number
  /** When it came to ClickHouse. */
  at: number
  playedAt?: number
}

const insert = (plays: Took[]) =>
  room.client.insert({
    table: 'plays',
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplicate: 0 },
    values: plays.map(({ ms, at, playedAt = at - ms }, index) => ({
      event_id: String(index),
      listener: 'l',
      played_at: clickhouseTime(playedAt),
      ms_played: 1,
      received_at: clickhouseTime(at - ms),
      ingested_at: clickhouseTime(at),
    })),
  })

const ask = () =>
  playLatency.run(room.client, { from: new Date(from), to: new Date(to), playedFrom: new Date(to - DAY) })

test('latency is of plays that came in the span, its start included, and were played of late', async () => {
  await insert([
    { ms: 200, at: from },
    { ms: 200, at: to - 1 },
    { ms: 9_000, at: from - 1 },
    { ms: 9_000, at: to },
    { ms: 9_000, at: to - 1, playedAt: to - DAY - 1 },
  ])
  const [told] = await ask()
  assert.equal(told?.plays, 2)
  for (const value of [told.p50, told.p95, told.p99])
    assert.ok(Math.abs(value! - 200) <= 2, `${value} instead of 200`)
})

test('a clock that is ahead makes no latency negative', async () => {
  await insert([{ ms: -5_000, at: to - 1 }])
  assert.deepEqual(await ask(), [{ plays: 1, p50: 0, p95: 0, p99: 0 }])
})

test('where no play came, there is no latency', async () => {
  assert.deepEqual(await ask(), [{ plays: 0, p50: null, p95: null, p99: null }])
})
