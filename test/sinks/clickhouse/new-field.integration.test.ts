import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { Codec } from '../../../schemas/codec.ts'
import { avroSchema } from '../../../schemas/event-schema.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { connectRegistry } from '../../../schemas/registry.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import { type Feed, feed, feeds, playColumns } from '../../../sinks/clickhouse/feeds.ts'
import { migrateClickhouse, shippedMigrations } from '../../../sinks/clickhouse/migrate.ts'
import { column, lowCardinality, nullable, text } from '../../../sinks/clickhouse/row-binary.ts'
import { startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import { play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseRoom } from './room.ts'

interface PlayWithMood extends CleanPlay {
  mood: string | null
}

const { fields, ...record } = JSON.parse(topics.playsClean.value.text) as { fields: object[] }
const mood = { name: 'mood', type: ['null', 'string'], default: null }
const withMood: Topic<PlayWithMood> = {
  ...topics.playsClean,
  value: avroSchema('clean-play.v3', { ...record, fields: [...fields, mood] } as never),
}

/** What the sink of today reads, and what one of a later release would. */
const [today] = feeds.filter(({ topic }) => topic === topics.playsClean) as [Feed]
const later = feed(withMood, today.table, {
  ...playColumns,
  mood: column(lowCardinality(nullable(text)), (play) => play.mood),
})

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

test('a new optional field reaches the table while sinks of both releases run, and nothing is lost, doubled or set aside', async (t) => {
  const log = pino({ level: 'silent' })
  const codecOfLater = new Codec(connectRegistry(room.schemaRegistryUrl, log), room.topicPrefix)
  const { options, crashes } = room.surroundings(randomUUID())
  const start = async (feed: Feed, codec: Codec) => {
    const of = { name: 'rolling', feeds: [feed] }
    const sink = await startClickhouseSink({ ...options, codec, clickhouse, maxAgeMs: 20, of })
    t.after(() => sink.stop())
    return sink
  }
  const sent: PlayWithMood[] = []
  /** Plays of producers of today, and of later ones once there are any, in turns. */
  const send = async (moods: (string | null | undefined)[]) => {
    for (const partition of [0, 1])
      for (const mood of moods) {
        const each = { ...play(), mood: mood ?? null }
        sent.push(each)
        if (mood === undefined) await room.send(topics.playsClean, partition, [each])
        else await room.sendRaw(withMood, partition, codecOfLater.encode(withMood, each))
      }
  }
  const landed = () =>
    until(async () => (await clickhouse.count('plays')) >= sent.length, { what: `${sent.length} plays` })

  const old = await start(today, room.codec)
  await send([undefined, undefined])
  await landed()
  const column =
    'ALTER TABLE plays ADD COLUMN IF NOT EXISTS mood LowCardinality(Nullable(String)) AFTER skip_reason'
  const migrations = [...shippedMigrations(), { name: '900-plays-mood', sql: column }]
  assert.deepEqual(await migrateClickhouse({ ...clickhouse, log, migrations }), ['900-plays-mood'])
  await codecOfLater.register(topics.playsClean)
  await codecOfLater.register(withMood)
  await send([undefined, 'calm', null])
  await landed()
  const next = await start(later, codecOfLater)
  await send([undefined, 'loud'])
  await until(() => next.ready(), { what: 'the later sink to have partitions' })
  await send([undefined, 'sad'])
  await old.stop()
  const whileBoth = sent.length
  await send([undefined, 'glad', null])
  await landed()

  const rows = await clickhouse.rows<{ id: string; mood: string | null }>(
    'SELECT event_id AS id, mood FROM plays',
  )
  const found = new Map(rows.map(({ id, mood }) => [id, mood]))
  assert.equal(rows.length, sent.length)
  for (const [index, { eventId, mood }] of sent.entries()) {
    const expected = index < whileBoth ? [null, mood] : [mood]
    assert.ok(expected.includes(found.get(eventId)!), `play ${index}: ${found.get(eventId)} for ${mood}`)
  }
  assert.deepEqual([await room.deadLetters(), crashes], [[], []])
})
