import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import pino from 'pino'
import { channelKeys, channels } from '../../schemas/channels.ts'
import { topics } from '../../schemas/topics.ts'
import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import { migrateClickhouse } from '../../sinks/clickhouse/migrate.ts'
import { startClickhouseSink } from '../../sinks/clickhouse/sink.ts'
import { startTotalsSink } from '../../sinks/redis/totals-sink.ts'
import { startStack } from '../../stack/index.ts'
import { freePort } from '../../stack/ports.ts'
import { play } from '../kit/builders.ts'
import { until } from '../kit/until.ts'
import { artistTotal } from './redis/totals-model.ts'
import { sinkRoom } from './sink-room.ts'

const within = 60_000
const PLAYS = 40

let room: Awaited<ReturnType<typeof sinkRoom>>
let dataDir: string
before(async () => {
  room = await sinkRoom()
  dataDir = await mkdtemp(join(tmpdir(), 'continuo-stores-'))
})
after(async () => {
  await room.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('stores that are stopped and started again lose nothing, and nothing is set aside', async (t) => {
  const ports = { redis: await freePort(), clickhouse: await freePort() }
  const stores = () =>
    startStack({ dataDir, only: ['redis', 'clickhouse'], ports, progress: () => undefined })
  let stack = await stores()
  t.after(() => stack.stop())
  const clickhouse = { url: stack.urls.clickhouseUrl!, database: 'away' }
  await migrateClickhouse({ ...clickhouse, log: pino({ level: 'silent' }) })
  const { options, crashes } = room.surroundings(randomUUID())
  const sinks = [
    await startClickhouseSink({ ...options, clickhouse, maxAgeMs: 50 }),
    await startTotalsSink({ ...options, redis: { redisUrl: stack.urls.redisUrl!, keyPrefix: '', k: 1 } }),
  ]
  t.after(() => Promise.all(sinks.map((sink) => sink.stop())))
  await until(() => sinks.every((sink) => sink.ready()), { within, what: 'the sinks to be ready' })

  const sent = Array.from({ length: PLAYS }, () => play())
  const sendFrom = async (from: number) => {
    await room.send(topics.playsClean, 0, sent.slice(from, from + PLAYS / 2))
    await room.send(topics.artistTotalsLive, 0, [
      artistTotal({ artist: 'a', window: 1, plays: from + 1, ms: 0 }),
    ])
  }
  await sendFrom(0)
  await stack.stop()
  await sendFrom(PLAYS / 2)
  await until(() => sinks.every((sink) => !sink.ready()), { within, what: 'both to be missed' })
  stack = await stores()

  const client = connectClickhouse(clickhouse)
  const redis = new Redis(stack.urls.redisUrl!)
  t.after(() => Promise.all([client.close(), redis.quit()]))
  const eventIds = async () => {
    const answer = await client.query({ query: 'SELECT event_id AS id FROM plays', format: 'JSONEachRow' })
    return (await answer.json<{ id: string }>()).map(({ id }) => id)
  }
  await until(async () => (await eventIds()).length >= PLAYS, { within, what: `${PLAYS} plays` })
  assert.deepEqual((await eventIds()).sort(), sent.map(({ eventId }) => eventId).sort())
  const newest = async () =>
    (await redis.xrevrange(channelKeys('', channels.topArtists).log, '+', '-', 'COUNT', 1))[0]?.[1][1]
  const told = `"plays":${PLAYS / 2 + 1}`
  await until(async () => (await newest())?.includes(told), { within, what: 'the newest total' })
  await until(() => sinks.every((sink) => sink.ready()), { within, what: 'the sinks to be ready again' })
  assert.deepEqual(await room.deadLetters(), [])
  assert.deepEqual(crashes, [])
})
