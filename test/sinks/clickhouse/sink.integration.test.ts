import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import type { ArtistTotal, CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import {
  type ClickhouseSinkOptions,
  clickhouseGroup,
  startClickhouseSink,
} from '../../../sinks/clickhouse/sink.ts'
import type { RunningSink } from '../../../sinks/running-sink.ts'
import { at, play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseProxy } from './clickhouse-proxy.ts'
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
const stopAll = () => Promise.all(running.splice(0).map((sink) => sink.stop()))
afterEach(async () => {
  proxy.setAway(false)
  proxy.onInsert((forward) => forward())
  await stopAll()
  for (const table of ['plays', 'artist_totals', 'dead_letters']) {
    await clickhouse.client.command({ query: `TRUNCATE TABLE ${table}` })
  }
  for (const topic of [topics.playsClean, topics.artistTotals, topics.deadLetters]) await room.recreate(topic)
})
after(async () => {
  proxy.close()
  await clickhouse.close()
  await room.close()
})

async function start(applicationId: string = randomUUID(), given: Partial<ClickhouseSinkOptions> = {}) {
  const { options, crashes, registry } = room.surroundings(applicationId)
  const sink = await startClickhouseSink({
    ...options,
    clickhouse: { url: proxy.url, database: clickhouse.database },
    maxAgeMs: 20,
    ...given,
  })
  running.push(sink)
  return { sink, crashes, registry, applicationId }
}

const rowsAre = (table: string, count: number) =>
  until(async () => (await clickhouse.count(table)) === count, { what: `${count} rows in ${table}` })

const plays = (count: number) => Array.from({ length: count }, () => play())

async function eachOnce(sent: CleanPlay[]): Promise<void> {
  const found = await clickhouse.rows<{ event_id: string }>('SELECT event_id FROM plays ORDER BY event_id')
  assert.deepEqual(
    found.map(({ event_id }) => event_id),
    sent.map(({ eventId }) => eventId).sort(),
  )
}

test('a clean play becomes a row that says where it came from', async () => {
  await start()
  const sent = play({ playedAt: '12:00:00.123', country: null, trackName: 'Tab\t"quoted" ☂' })
  await room.send(topics.playsClean, 1, [play(), sent])
  await rowsAre('plays', 2)
  const [row] = await clickhouse.rows<Record<string, unknown>>(
    `SELECT * EXCEPT (ingested_at, kafka_topic_id) FROM plays WHERE event_id = {id:String}`,
    { id: sent.eventId },
  )
  assert.deepEqual(row, {
    event_id: sent.eventId,
    listener: sent.listener,
    track_id: 't1',
    track_name: 'Tab\t"quoted" ☂',
    artist_id: 'a1',
    artist_name: 'Artist One',
    played_at: '2026-01-01 12:00:00.123',
    ms_played: 180_000,
    platform: 'web',
    network: '203.0.113.0/24',
    country: null,
    source: 'app',
    received_at: '2026-01-01 12:00:00.123',
    session: null,
    context_kind: null,
    context_id: null,
    skip_reason: 'none',
    utc_offset_minutes: null,
    kafka_topic: room.nameOf(topics.playsClean),
    kafka_partition: 1,
    kafka_offset: 1,
  })
})

test('each play lands as it is, whatever bytes its row has: empty lines, zeros, quotes', async () => {
  await start()
  const names = ['\n\n', '\r\n\r\n', '\0', `it's "so"; \`--\\`, '\n'.repeat(10), '\n\n;\nSELECT 1', '☂\n\n']
  const sent = names.map((trackName) => play({ trackName, msPlayed: 0x0a0a_0a0a }))
  await room.send(topics.playsClean, 0, [
    ...sent,
    ...sent.map((each) => ({ ...each, artistName: each.trackName })),
  ])
  await rowsAre('plays', 2 * names.length)
  const found = await clickhouse.rows<{ track: string; artist: string }>(
    'SELECT track_name AS track, artist_name AS artist FROM plays WHERE ms_played = 0x0a0a0a0a ORDER BY kafka_offset',
  )
  assert.deepEqual(found, [
    ...names.map((track) => ({ track, artist: 'Artist One' })),
    ...names.map((track) => ({ track, artist: track })),
  ])
})

test('closed windows and dead letters become rows, too', async () => {
  await start()
  const total: ArtistTotal = {
    artistId: 'a1',
    artistName: 'Artist One',
    windowStart: at('12:00:00'),
    windowEnd: at('12:01:00'),
    plays: 3,
    msPlayed: 540_000,
    listeners: 2,
    listenerBits: '',
    receivedAt: at('12:00:59'),
  }
  await room.send(topics.artistTotals, 0, [total])
  await room.sendRaw(topics.playsClean, 0, Buffer.from('not avro'))
  await rowsAre('artist_totals', 1)
  // The sink's own dead letter comes back to it as a row.
  await rowsAre('dead_letters', 1)
  const columns =
    'stage, kind, reason, topic, partition, offset, schema_id, key_id, sealed_bytes > 0 AS sealed, attempt, late, error_code, ' +
    "trace_id, startsWith(summary, 'test-sink refused') AS told"
  assert.deepEqual(await clickhouse.rows(`SELECT ${columns} FROM dead_letters`), [
    {
      stage: 'test-sink',
      kind: 'sink',
      reason: 'not_wire_format',
      topic: room.nameOf(topics.playsClean),
      partition: 0,
      offset: 0,
      schema_id: null,
      key_id: 'k1',
      sealed: 1,
      attempt: 0,
      late: false,
      error_code: 'SINK_NOT_WIRE_FORMAT',
      trace_id: null,
      told: 1,
    },
  ])
  const [row] = await clickhouse.rows<{ n: number }>('SELECT plays * listeners AS n FROM artist_totals')
  assert.equal(row?.n, 6)
})

test('a value that no column can hold is set aside, and the rest of its chunk lands', async () => {
  const { registry } = await start()
  await room.send(topics.playsClean, 0, [play(), { ...play(), playedAt: 1e15 }, play()])
  await rowsAre('plays', 2)
  await rowsAre('dead_letters', 1)
  assert.match(
    await registry.metrics(),
    /dead_letters_total\{sink="clickhouse",.*reason="time_out_of_range"\} 1/,
  )
})

test('rows of an aborted transaction never land, those of a committed one do', async () => {
  await start()
  const committed = plays(3)
  await room.inTransaction('abort', (by) => room.send(topics.playsClean, 0, plays(2), by))
  await room.inTransaction('commit', (by) => room.send(topics.playsClean, 0, committed, by))
  await rowsAre('plays', 3)
  await eachOnce(committed)
})

test('after a restart it goes on where it stopped', async () => {
  const sent = plays(6)
  const { sink, applicationId } = await start()
  await room.send(topics.playsClean, 0, sent.slice(0, 3))
  await rowsAre('plays', 3)
  await sink.stop()
  const { offset, metadata } = (await room.committed(clickhouseGroup(applicationId), topics.playsClean, 0))!
  assert.deepEqual({ offset, metadata }, { offset: 3n, metadata: null })
  await start(applicationId)
  await room.send(topics.playsClean, 0, sent.slice(3))
  await rowsAre('plays', 6)
  await eachOnce(sent)
})

test('while ClickHouse is away it waits, is not ready, and then goes on', async () => {
  const { sink, crashes } = await start()
  await until(() => sink.ready(), { what: 'the sink to be ready' })
  proxy.setAway(true)
  const sent = plays(20)
  await room.send(topics.playsClean, 0, sent)
  await until(() => !sink.ready(), { what: 'the failure to be noticed' })
  proxy.setAway(false)
  await rowsAre('plays', 20)
  await eachOnce(sent)
  await until(() => sink.ready(), { what: 'the sink to be ready again' })
  assert.deepEqual(crashes, [])
})

test('a sink whose ClickHouse holds an insert back ends nevertheless, and the next one finishes it', async () => {
  const { sink, applicationId, crashes } = await start()
  const held = Promise.withResolvers<undefined>()
  proxy.onInsert(async () => {
    held.resolve(undefined)
    return new Promise(() => undefined)
  })
  const sent = plays(20)
  await room.send(topics.playsClean, 0, sent)
  await held.promise
  let stopped = false
  void sink.stop().then(() => (stopped = true))
  await until(() => stopped, { what: 'the sink to end' })
  proxy.onInsert((forward) => forward())
  await start(applicationId)
  await rowsAre('plays', 20)
  await eachOnce(sent)
  assert.deepEqual(crashes, [])
})

test('more than fits into a chunk is read only as fast as it is written', async () => {
  const sent = plays(500)
  await room.send(topics.playsClean, 0, sent)
  await start(randomUUID(), { limits: { rows: 40, bytes: 1_000_000 } })
  await rowsAre('plays', 500)
  await eachOnce(sent)
})

test('a topic deleted and created again lands although its offsets begin anew', async () => {
  const { sink, applicationId } = await start()
  const before = plays(3)
  await room.send(topics.playsClean, 0, before)
  await rowsAre('plays', 3)
  await sink.stop()
  await room.recreate(topics.playsClean)
  const afterwards = plays(3)
  await room.send(topics.playsClean, 0, afterwards)
  await start(applicationId)
  await rowsAre('plays', 6)
  await eachOnce([...before, ...afterwards])
})

test('two processes share the partitions, one leaves, and each row lands once', async () => {
  const applicationId = randomUUID()
  const sent: CleanPlay[] = []
  const sendToAll = async () => {
    for (const partition of [0, 1]) {
      const some = plays(10)
      sent.push(...some)
      await room.send(topics.playsClean, partition, some)
    }
  }
  const first = await start(applicationId)
  await sendToAll()
  await rowsAre('plays', 20)
  const second = await start(applicationId)
  await sendToAll()
  await until(() => second.sink.ready(), { what: 'the second process to have partitions' })
  await sendToAll()
  await rowsAre('plays', 60)
  assert.deepEqual(await room.lagsTold(topics.playsClean, [first, second]), [0, 1])
  await first.sink.stop()
  await sendToAll()
  await rowsAre('plays', 80)
  await eachOnce(sent)
  assert.deepEqual([...first.crashes, ...second.crashes], [])
})

test('missing tables end the process with the remedy', async () => {
  await room.send(topics.playsClean, 0, plays(1))
  const nowhere = start(randomUUID(), { clickhouse: { url: proxy.url, database: 'absent' } })
  await assert.rejects(nowhere, { name: 'TableError', message: / run `continuo migrate`$/ })
})
