import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ClickHouseError } from '@clickhouse/client'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { TableError, isTransient } from '../../../sinks/clickhouse/insert.ts'
import { endOfRows, insertMissing } from '../../../sinks/clickhouse/landed.ts'
import { insertJson } from './insert-json.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => (room = await clickhouseRoom()))
after(() => room.close())

const origin = { topic: 'artist-totals', topicId: 'id', partition: 1 }
const table = 'artist_totals'

function chunk(from: number, end: number, artist = 'a', partition = 1) {
  const rows: object[] = []
  for (let offset = from; offset < end; offset++) {
    const row = {
      artist_id: artist,
      kafka_topic: origin.topic,
      kafka_topic_id: 'id',
      kafka_partition: partition,
    }
    rows.push({ ...row, kafka_offset: offset, plays: 1, window_start: '2026-01-01 12:00:00.000' })
  }
  return {
    from: BigInt(from),
    end: BigInt(end),
    last: BigInt(end - 1),
    rows,
    bytes: 0,
    sources: [],
    refused: [],
  }
}

test('a range that is sent again is taken once, another one is not held back', async () => {
  await insertJson(room.client, table, origin, chunk(0, 10))
  await insertJson(room.client, table, origin, chunk(0, 10))
  assert.equal(await room.count(table), 10)
  await insertJson(room.client, table, origin, chunk(10, 15))
  await insertJson(room.client, table, { ...origin, topicId: 'another' }, chunk(0, 10))
  assert.equal(await room.count(table), 25)
})

test('a range lands whole: the largest chunk is one block', async () => {
  await insertJson(room.client, table, { ...origin, partition: 7 }, chunk(0, 50_000, 'large', 7))
  const [parts] = await room.rows<{ n: string }>(
    `SELECT uniqExact(_part) AS n FROM ${table} WHERE artist_id = 'large'`,
  )
  assert.equal(Number(parts!.n), 1)
})

test('of a range that was begun only what the table has not is inserted, whoever brought the rest', async () => {
  const of = { ...origin, partition: 6 }
  const places = () =>
    room.rows<{ at: number }>(
      `SELECT toUInt32(kafka_offset) AS at FROM ${table} WHERE kafka_partition = 6 ORDER BY at`,
    )
  const again = async (from: number, end: number) => {
    const { rows, ...range } = chunk(from, end, 'a', 6)
    const columns = Object.keys(rows[0]!)
    const format = { name: 'JSONEachRow', head: Buffer.alloc(0), columns }
    await insertMissing(room.client, { table, format }, of, {
      ...range,
      rows: rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)),
      sources: rows.map((_, at) => ({
        record: { topic: of.topic, partition: 6, offset: BigInt(from + at) } as RawRecord,
        topicId: of.topicId,
      })),
    })
  }
  // Of another range, as a letter that was given back.
  await insertJson(room.client, table, of, chunk(103, 104, 'a', 6))
  await again(100, 110)
  await again(100, 110)
  assert.deepEqual(
    (await places()).map(({ at }) => at),
    Array.from({ length: 10 }, (_, at) => 100 + at),
  )
})

test('the table knows where the rows of a partition end', async () => {
  const end = (of: typeof origin) => endOfRows(room.client, table, of)
  await insertJson(room.client, table, { ...origin, partition: 8 }, chunk(0, 3, 'a', 8))
  assert.equal(await end({ ...origin, partition: 8 }), 3n)
  assert.equal(await end({ ...origin, partition: 9 }), undefined)
  assert.equal(await end({ ...origin, partition: 8, topicId: 'younger' }), undefined)
})

test('a range without rows sends nothing', async () => {
  const nowhere = connectClickhouse({ url: 'http://127.0.0.1:1', database: 'none' })
  await insertJson(nowhere, table, origin, { ...chunk(0, 0), end: 5n })
  await nowhere.close()
})

test('a missing table is explained, not waited for', async () => {
  await assert.rejects(insertJson(room.client, 'absent', origin, chunk(0, 1)), (error) => {
    assert.ok(error instanceof TableError)
    assert.match(error.message, /refuses table absent: .* run `continuo migrate`/s)
    assert.equal(isTransient(error), false)
    return true
  })
})

test('what ClickHouse will get over is waited for', () => {
  assert.equal(
    isTransient(new ClickHouseError({ message: 'too many parts', code: '252', type: 'TOO_MANY_PARTS' })),
    true,
  )
  assert.equal(isTransient(new Error('connect ECONNREFUSED')), true)
})
