import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { tables } from '../../../schemas/tables.ts'
import { topics } from '../../../schemas/topics.ts'
import { startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import type { RunningSink } from '../../../sinks/running-sink.ts'
import { recommendation, recommendationClicked, recommendationShown } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
let sink: RunningSink
before(async () => {
  room = await sinkRoom()
  clickhouse = await clickhouseRoom()
  sink = await startClickhouseSink({ ...room.surroundings('test').options, clickhouse, maxAgeMs: 20 })
})
after(async () => {
  await sink.stop()
  await clickhouse.close()
  await room.close()
})

const from = (topic: (typeof topics)[keyof typeof topics], offset: number) => ({
  kafka_topic: room.nameOf(topic),
  kafka_partition: 1,
  kafka_offset: offset,
})

async function rowsOf(table: string, wanted: number): Promise<unknown[]> {
  await until(async () => (await clickhouse.count(table)) === wanted, { what: `${wanted} rows in ${table}` })
  return clickhouse.rows(
    `SELECT * EXCEPT (ingested_at, kafka_topic_id) FROM ${table} ORDER BY kafka_partition, kafka_offset`,
  )
}

test('a list is a row, number by number; one with a score that is none is set aside', async () => {
  const { items } = recommendation()
  const scores = [Number.MAX_VALUE, 5e-324, 0.1 + 0.2, -1.5]
  const list = recommendation({
    items: scores.map((score) => ({ ...items[0]!, score, artistName: 'Tab\t"quoted" ☂' })),
    country: null,
  })
  const spoilt = recommendation({ items: [{ ...items[0]!, score: Infinity }] })
  await room.send(topics.recommendations, 1, [spoilt, list])
  assert.deepEqual(await rowsOf(tables.recommendations, 1), [
    {
      recommendation_id: 'r1',
      listener: list.listener,
      model_version: 'm1',
      country: null,
      artist_ids: ['a1', 'a1', 'a1', 'a1'],
      artist_names: Array(4).fill('Tab\t"quoted" ☂'),
      scores,
      reasons: Array(4).fill('liked'),
      because_artist_ids: Array(4).fill('a9'),
      made_at: '2026-01-01 12:00:00.000',
      received_at: '2026-01-01 12:00:00.000',
      ...from(topics.recommendations, 1),
    },
  ])
  await until(async () => (await clickhouse.count(tables.deadLetters)) === 1, { what: 'the dead letter' })
  const [letter] = await room.deadLetters()
  assert.equal(letter?.reason, 'number_not_finite')
})

test('a list without items, and one of whom nobody was the reason, are rows', async () => {
  await room.send(topics.recommendations, 0, [recommendation({ items: [] }), recommendation()])
  await rowsOf(tables.recommendations, 3)
  const [empty, popular] = await clickhouse.rows<{ artists: number; because: unknown }>(
    `SELECT toUInt8(length(artist_ids)) AS artists, because_artist_ids AS because FROM ${tables.recommendations}
     WHERE kafka_partition = 0 ORDER BY kafka_offset`,
  )
  assert.deepEqual([empty!.artists, empty!.because], [0, []])
  assert.deepEqual([popular!.artists, popular!.because], [2, ['a9', null]])
})

test('what was shown and what was clicked become rows', async () => {
  const [shown, clicked] = [recommendationShown(), recommendationClicked()]
  await room.send(topics.recommendationsShown, 1, [shown])
  await room.send(topics.recommendationsClicked, 1, [clicked])
  const common = { listener: shown.listener, recommendation_id: 'r1', model_version: 'm1', surface: 'page' }
  assert.deepEqual(await rowsOf(tables.recommendationsShown, 1), [
    {
      event_id: shown.eventId,
      ...common,
      artist_ids: ['a1', 'a2'],
      shown_at: '2026-01-01 12:00:01.000',
      ...from(topics.recommendationsShown, 0),
    },
  ])
  assert.deepEqual(await rowsOf(tables.recommendationsClicked, 1), [
    {
      event_id: clicked.eventId,
      ...common,
      artist_id: 'a2',
      rank: 2,
      clicked_at: '2026-01-01 12:00:02.000',
      ...from(topics.recommendationsClicked, 0),
    },
  ])
})

test('rows of recommendations go 90 days after they have come', async () => {
  const kept = await clickhouse.rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = {database:String}
     AND engine_full LIKE '%TTL toDateTime(ingested_at) + toIntervalDay(90)%' ORDER BY name`,
    { database: clickhouse.database },
  )
  assert.deepEqual(
    kept.map(({ name }) => name),
    [tables.pushOutcomes, tables.recommendations, tables.recommendationsClicked, tables.recommendationsShown],
  )
})
