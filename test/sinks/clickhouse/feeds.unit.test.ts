import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { Codec } from '../../../schemas/codec.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { feeds } from '../../../sinks/clickhouse/feeds.ts'
import { readRow } from './read-row.ts'
import {
  deadLetter,
  play,
  recommendation,
  recommendationClicked,
  recommendationShown,
} from '../../kit/builders.ts'

let ids = 0
const codec = new Codec({ register: async () => ++ids, schemaById: async () => undefined })
await Promise.all(Object.values(topics).map((topic) => codec.register(topic)))

const feedOf = ({ name }: { name: string }) => feeds.find(({ topic }) => topic.name === name)!

const recordOf = <V>(topic: Topic<V>, value: V): RawRecord => ({
  topic: `eu.${topic.name}`,
  partition: 2,
  offset: 9_007_199_254_740_991n,
  timestamp: 0,
  key: null,
  value: codec.encode(topic, value),
  headers: {},
})

function rowOf<V>(topic: Topic<V>, value: V): Record<string, unknown> {
  const feed = feedOf(topic)
  const record = recordOf(topic, value)
  const row = feed.row(codec, record, 'id')
  assert.deepEqual(feed.row(codec, record, 'id'), row, 'a retry sends the same bytes')
  return readRow(feed.format.head, row)
}

test('a row says which record it was', () => {
  const row = rowOf(topics.playsClean, play())
  assert.equal(row.kafka_topic, 'eu.plays-clean')
  assert.equal(row.kafka_topic_id, 'id')
  assert.equal(row.kafka_partition, 2)
  assert.equal(row.kafka_offset, Number.MAX_SAFE_INTEGER)
  assert.equal(row.played_at, '2026-01-01 12:00:00.000')
})

test('a row says when it reached Kafka, if its table does', () => {
  const receivedAt = <V>(topic: Topic<V>, value: V) => feedOf(topic).receivedAt(codec, recordOf(topic, value))
  assert.equal(receivedAt(topics.playsClean, { ...play(), receivedAt: 7 }), 7)
  assert.equal(receivedAt(topics.recommendationsShown, recommendationShown()), undefined)
})

test('a time that ClickHouse would bend is refused', () => {
  for (const playedAt of [Date.UTC(1899), Date.UTC(2300), 1e15]) {
    assert.throws(() => rowOf(topics.playsClean, { ...play(), playedAt }), { reason: 'time_out_of_range' })
  }
  assert.equal(
    rowOf(topics.playsClean, { ...play(), playedAt: Date.UTC(1900) }).played_at,
    '1900-01-01 00:00:00.000',
  )
})

test('a negative count is refused', () => {
  const times = { windowStart: 0, windowEnd: 1, receivedAt: 0 }
  const total = {
    artistId: 'a',
    artistName: 'A',
    plays: 1,
    msPlayed: -5,
    listeners: 1,
    listenerBits: '',
    ...times,
  }
  assert.equal(rowOf(topics.artistTotals, total).ms_played, -5)
  assert.throws(() => rowOf(topics.artistTotals, { ...total, plays: -1 }), { reason: 'negative_count' })
})

test('a list of recommendations is one row, with its items in arrays of one length', () => {
  const row = rowOf(topics.recommendations, recommendation())
  assert.deepEqual(
    [row.artist_ids, row.artist_names, row.scores, row.reasons, row.because_artist_ids],
    [
      ['a1', 'a2'],
      ['Artist One', 'Artist Two'],
      [0.75, 0],
      ['liked', 'popular'],
      ['a9', null],
    ],
  )
  assert.deepEqual(rowOf(topics.recommendations, recommendation({ items: [] })).scores, [])
})

test('a score that is no number is refused', () => {
  const { items } = recommendation()
  for (const score of [NaN, Infinity, -Infinity]) {
    const list = recommendation({ items: [items[1]!, { ...items[0]!, score }] })
    assert.throws(() => rowOf(topics.recommendations, list), { reason: 'number_not_finite' })
  }
})

test('times and ranks of recommendations that no column can hold are refused', () => {
  const late = Date.UTC(2300)
  const refused = { reason: 'time_out_of_range' }
  assert.throws(() => rowOf(topics.recommendations, recommendation({ madeAt: late })), refused)
  assert.throws(() => rowOf(topics.recommendations, recommendation({ receivedAt: late })), refused)
  assert.throws(() => rowOf(topics.recommendationsShown, recommendationShown({ shownAt: late })), refused)
  assert.throws(
    () => rowOf(topics.recommendationsClicked, recommendationClicked({ clickedAt: late })),
    refused,
  )
  assert.throws(() => rowOf(topics.recommendationsClicked, recommendationClicked({ rank: -1 })), {
    reason: 'negative_count',
  })
})

test('a dead letter is counted whatever its time, and its sealed bytes stay in Kafka', () => {
  const row = rowOf(topics.deadLetters, deadLetter({ timestamp: -1e15 }))
  assert.equal(row.recorded_at, '1900-01-01 00:00:00.000')
  assert.equal(row.sealed_bytes, 6)
  assert.ok(!JSON.stringify(row).includes('sealed"'))
})

test('a dead letter says how often, why and on whose way it was set aside', () => {
  const [errorCode, traceId, summary] = ['ECONNRESET', 'f'.repeat(32), 's refused t[0]@1']
  const row = rowOf(
    topics.deadLetters,
    deadLetter({ attempt: 2, topicId: 'id', late: true, errorCode, traceId, summary }),
  )
  assert.deepEqual(
    [row.attempt, row.topic_id, row.late, row.error_code, row.trace_id, row.summary],
    [2, 'id', true, errorCode, traceId, summary],
  )
  assert.throws(() => rowOf(topics.deadLetters, deadLetter({ attempt: -1 })), { reason: 'negative_count' })
})
