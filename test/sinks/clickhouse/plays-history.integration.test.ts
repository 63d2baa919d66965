import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { topicIds } from '../../../pipelines/engine/kafka/topic-ids.ts'
import { type CleanPlay, cleanPlayV2 } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { expressionsOfPlay, playsIn, rangesOfPlays } from '../../../sinks/clickhouse/plays-history.ts'
import { startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import { at, play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { valuesOf } from '../../schemas/event-values.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
before(async () => {
  room = await sinkRoom()
  clickhouse = await clickhouseRoom()
})
after(async () => {
  await clickhouse.close()
  await room.close()
})

/** What the table can hold, ms since 1970: the sink sets others aside. */
const heldTime = fc.integer({ min: Date.UTC(1900), max: Date.UTC(2299, 11, 31) })
const heldPlays = fc
  .tuple(valuesOf(topics.playsClean), heldTime, heldTime)
  .map(([any, playedAt, receivedAt]) => ({ ...(any as CleanPlay), playedAt, receivedAt }))

test('every field of a play comes back from the table as it was in the topic, in the same order', async () => {
  const sent = [...fc.sample(heldPlays, 400), { ...play(), msPlayed: 2 ** 52 - 1 }]
  await room.send(topics.playsClean, 1, sent)
  const sink = await startClickhouseSink({
    ...room.surroundings(randomUUID()).options,
    clickhouse: { url: clickhouse.url, database: clickhouse.database },
    maxAgeMs: 20,
  })
  await until(async () => (await clickhouse.count('plays')) === sent.length, {
    what: 'all rows',
    within: 20_000,
  })
  await sink.stop()

  const topic = room.nameOf(topics.playsClean)
  const topicId = (await topicIds(room.kafka, [topic])).get(topic)!
  const range = { topicId, partition: 1, from: 0, until: sent.length }
  const bytes = (plays: readonly CleanPlay[]) =>
    plays.map((each) => room.codec.encode(topics.playsClean, each))
  const found = await playsIn(clickhouse.client, range)
  assert.deepEqual(bytes(found), bytes(sent))
  assert.deepEqual(await playsIn(clickhouse.client, { ...range, from: 7, until: 9 }), found.slice(7, 9))

  const earliest = Math.min(...sent.map(({ playedAt }) => playedAt))
  // ClickHouse compiles what it is asked again and again, and then takes times before 1970 for late ones if they are compared as times.
  for (let asked = 0; asked < 6; asked++)
    assert.deepEqual(await rangesOfPlays(clickhouse.client, { topicId, cut: [0, sent.length] }), [
      { ...range, rows: sent.length, earliest },
    ])
})

test('a field more in the shape has to be said how to get back', () => {
  const { fields } = JSON.parse(cleanPlayV2.text) as { fields: { name: keyof CleanPlay }[] }
  assert.deepEqual(
    Object.keys(expressionsOfPlay),
    fields.map(({ name }) => name),
  )
})

test('up to the cut of each partition; topics that were before come first, whole, those of an earlier time before others', async () => {
  await clickhouse.client.command({ query: 'TRUNCATE TABLE plays' })
  const row = (id: string, partition: number, offset: number, ingested: string) => ({
    event_id: `${id}:${partition}:${offset}`,
    played_at: at('12:00:00') + offset * 1_000,
    kafka_topic: 'plays-clean',
    kafka_topic_id: id,
    kafka_partition: partition,
    kafka_offset: offset,
    ingested_at: `2026-01-0${ingested} 00:00:00.000`,
  })
  await clickhouse.client.insert({
    table: 'plays',
    format: 'JSONEachRow',
    values: [
      row('now', 0, 4, '3'),
      row('now', 0, 5, '3'),
      row('now', 0, 6, '3'),
      row('now', 1, 9, '3'),
      row('bygone', 3, 70, '1'),
      row('bygone', 0, 90, '2'),
      row('ancient', 1, 3, '2'),
    ],
  })
  const ranges = await rangesOfPlays(clickhouse.client, { topicId: 'now', cut: [6, 9] })
  assert.deepEqual(
    ranges.map(({ topicId, partition, from, until: end, rows }) => [topicId, partition, from, end, rows]),
    [
      ['bygone', 0, 90, 91, 1],
      ['bygone', 3, 70, 71, 1],
      ['ancient', 1, 3, 4, 1],
      ['now', 0, 4, 6, 2],
    ],
  )
  assert.equal(ranges.at(-1)?.earliest, at('12:00:04'))
})
