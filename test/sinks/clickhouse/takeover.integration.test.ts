import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { consumePartitions } from '../../../pipelines/engine/kafka/consume-partitions.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { clickhouseGroup, startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import type { RunningSink } from '../../../sinks/running-sink.ts'
import { topicIds } from '../../../pipelines/engine/kafka/topic-ids.ts'
import { play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseProxy } from './clickhouse-proxy.ts'
import { rollupsAreThoseOfRows } from './rollups.ts'
import { clickhouseRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
let proxy: Awaited<ReturnType<typeof clickhouseProxy>>
before(async () => {
  room = await sinkRoom()
  clickhouse = await clickhouseRoom()
  proxy = await clickhouseProxy(clickhouse.url)
})

const running: RunningSink[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((sink) => sink.stop()))
  await clickhouse.client.command({ query: 'TRUNCATE TABLE plays' })
  await room.recreate(topics.playsClean)
})
after(async () => {
  proxy.close()
  await clickhouse.close()
  await room.close()
})

async function start(applicationId: string = randomUUID()) {
  const sink = await startClickhouseSink({
    ...room.surroundings(applicationId).options,
    clickhouse: { url: proxy.url, database: clickhouse.database },
    maxAgeMs: 20,
  })
  running.push(sink)
  return { sink, applicationId }
}

const rowsAre = (count: number) =>
  until(async () => (await clickhouse.count('plays')) === count, { what: `${count} rows in plays` })

const plays = (count: number) => Array.from({ length: count }, () => play())

async function eachOnce(sent: CleanPlay[]): Promise<void> {
  const found = await clickhouse.rows<{ event_id: string }>('SELECT event_id FROM plays ORDER BY event_id')
  assert.deepEqual(
    found.map(({ event_id }) => event_id),
    sent.map(({ eventId }) => eventId).sort(),
  )
  await rollupsAreThoseOfRows(clickhouse.client)
}

/** Leaves the group as a process does that was killed after it had recorded the range [2, 6). */
async function recordRange(applicationId: string): Promise<void> {
  const topic = room.nameOf(topics.playsClean)
  let assigned = false
  const killed = await consumePartitions({
    ...room.surroundings(applicationId).options,
    groupId: clickhouseGroup(applicationId),
    topics: [topic],
    isolation: 'read_committed',
    onAssigned: async () => {
      assigned = true
      return new Map()
    },
    onRevoked: () => undefined,
    onBatch: async () => undefined,
  })
  await until(() => assigned, { what: 'the partitions' })
  const recorded = { topic, partition: 0, offset: 2n, metadata: 'end=6 last=5' }
  await until(async () => killed.commit([recorded]).then(() => true), { what: 'the record of the range' })
  await killed.stop()
}

test('a range that was recorded and not inserted is read and inserted as it was recorded', async () => {
  const sent = plays(10)
  await room.send(topics.playsClean, 0, sent)
  const applicationId = randomUUID()
  await recordRange(applicationId)
  const inserted: string[] = []
  proxy.onInsert((forward, token) => {
    inserted.push(token.replace(/^.*:/, ''))
    return forward()
  })
  await start(applicationId)
  await rowsAre(8)
  assert.deepEqual(inserted, ['2-6', '6-10'])
  await eachOnce(sent.slice(2))
})

/** Puts plays into the table as they come from these offsets, under no token: of rows given back, or forgotten by its deduplication log. */
async function putIntoTable(sent: CleanPlay[], from: number): Promise<void> {
  const topic = room.nameOf(topics.playsClean)
  const topicId = (await topicIds(room.kafka, [topic])).get(topic)!
  await clickhouse.client.insert({
    table: 'plays',
    format: 'JSONEachRow',
    values: sent.map(({ eventId }, i) => ({
      event_id: eventId,
      kafka_topic: topic,
      kafka_topic_id: topicId,
      kafka_offset: from + i,
    })),
  })
}

for (const [what, from, end] of [
  ['a range that was recorded and has landed adds nothing, however long ago that was', 2, 6],
  ['a range of which a row was given back, and the rest has not landed, is inserted all the same', 3, 4],
] as const)
  test(what, async () => {
    const sent = plays(10)
    await room.send(topics.playsClean, 0, sent)
    const applicationId = randomUUID()
    await recordRange(applicationId)
    await putIntoTable(sent.slice(from, end), from)
    await start(applicationId)
    await rowsAre(8)
    await eachOnce(sent.slice(2))
  })

test('records that expired unread are passed over', async () => {
  const { sink, applicationId } = await start()
  await room.send(topics.playsClean, 0, plays(1))
  await rowsAre(1)
  await sink.stop()
  await room.send(topics.playsClean, 0, plays(4))
  await room.expire(topics.playsClean, 0, 4n)
  await start(applicationId)
  await rowsAre(2)
})

test('a group whose offsets are gone goes on behind the rows that there are', async () => {
  const { sink, applicationId } = await start()
  const sent = plays(12)
  await room.send(topics.playsClean, 0, sent.slice(0, 6))
  await room.send(topics.playsClean, 1, sent.slice(6, 8))
  await rowsAre(8)
  await sink.stop()
  await withAdmin(room.kafka, (admin) => admin.deleteGroups([clickhouseGroup(applicationId)]))
  await room.send(topics.playsClean, 0, sent.slice(8))
  await start(applicationId)
  await rowsAre(12)
  await eachOnce(sent)
})
