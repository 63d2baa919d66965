import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { redisGroup, startTotalsSink } from '../../../sinks/redis/totals-sink.ts'
import type { RunningSink } from '../../../sinks/running-sink.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { redisRoom } from './room.ts'
import { artistTotal } from './totals-model.ts'

const live = topics.artistTotalsLive
let room: Awaited<ReturnType<typeof sinkRoom>>
let redis: Awaited<ReturnType<typeof redisRoom>>
before(async () => {
  room = await sinkRoom()
  redis = await redisRoom()
})

const running: RunningSink[] = []
beforeEach(async () => {
  for (const sink of running.splice(0)) await sink.stop()
  await redis.empty()
  await room.recreate(live)
})
after(async () => {
  for (const sink of running) await sink.stop()
  await redis.close()
  await room.close()
})

async function start(applicationId = randomUUID()) {
  const { options, crashes, registry } = room.surroundings(applicationId)
  const sink = await startTotalsSink({
    ...options,
    redis: { redisUrl: redis.redisUrl, keyPrefix: redis.keyPrefix, k: 1 },
  })
  running.push(sink)
  await until(() => sink.ready(), { what: 'the sink to be ready' })
  return { sink, crashes, registry, applicationId }
}

const total = (artist: string, plays: number, window = 1) =>
  artistTotal({ artist, window, plays, ms: plays * 1_000 })

async function topIs(expected: [artist: string, plays: number][]) {
  const what = `the top list to be ${JSON.stringify(expected)}`
  await until(
    async () => {
      const top = (await redis.log()).at(-1)?.data.top.map(({ artistId, plays }) => [artistId, plays])
      return JSON.stringify(top) === JSON.stringify(expected)
    },
    { what },
  )
}

test('totals of all partitions become one list, and every change is published', async () => {
  await start()
  const messages = await redis.listen()
  await room.send(live, 0, [total('a', 1), total('b', 2)])
  await room.send(live, 1, [total('c', 3)])
  await topIs([
    ['c', 3],
    ['b', 2],
    ['a', 1],
  ])
  await room.send(live, 0, [total('a', 9)])
  await topIs([
    ['a', 9],
    ['c', 3],
    ['b', 2],
  ])
  await until(async () => messages.length === (await redis.log()).length, { what: 'all messages' })
})

test('after a restart nothing is counted or published twice, and what came meanwhile is', async () => {
  const { sink, applicationId } = await start()
  await room.send(live, 0, [total('a', 1), total('b', 2)])
  await topIs([
    ['b', 2],
    ['a', 1],
  ])
  await sink.stop()
  const published = (await redis.log()).length

  await start(applicationId)
  await room.send(live, 0, [total('c', 5)])
  await topIs([
    ['c', 5],
    ['b', 2],
    ['a', 1],
  ])
  const log = await redis.log()
  assert.equal(log.length, published + 1)
  assert.equal(log.at(-1)?.data.totalPlays, 8)
})

test('a sink whose group has committed nothing reads on from where Redis stands', async () => {
  const { sink } = await start()
  await room.send(live, 0, [total('a', 1)])
  await topIs([['a', 1]])
  await sink.stop()
  await start()
  await room.send(live, 0, [total('a', 3)])
  await topIs([['a', 3]])
  assert.equal((await redis.log()).length, 2)
})

test('what an aborted transaction wrote is overwritten by its repetition', async () => {
  await start()
  await room.inTransaction('abort', (by) => room.send(live, 0, [total('a', 7)], by))
  await topIs([['a', 7]])
  await room.inTransaction('commit', (by) => room.send(live, 0, [total('a', 6)], by))
  await topIs([['a', 6]])
  assert.equal((await redis.log()).at(-1)?.data.totalPlays, 6)
})

test('data lost under a running sink is built again from the topic', async () => {
  const { crashes } = await start()
  await room.send(live, 0, [total('a', 1), total('b', 2)])
  await topIs([
    ['b', 2],
    ['a', 1],
  ])
  await redis.empty()
  await room.send(live, 0, [total('a', 4)])
  await topIs([
    ['a', 4],
    ['b', 2],
  ])
  assert.deepEqual(crashes, [])
})

test('a topic deleted and created again begins anew', async () => {
  const { sink, applicationId } = await start()
  await room.send(live, 0, [total('a', 1), total('a', 2), total('a', 3)])
  await topIs([['a', 3]])
  await sink.stop()
  await room.recreate(live)
  await room.send(live, 0, [total('b', 1)])
  await start(applicationId)
  await topIs([['b', 1]])
})

test('a record that does not decode becomes a dead letter of kind sink, and the rest goes on', async () => {
  const { registry } = await start()
  await room.sendRaw(live, 0, Buffer.from('not avro'))
  await room.send(live, 0, [total('a', 1)])
  await topIs([['a', 1]])
  const [letter, ...others] = await room.deadLetters()
  assert.deepEqual(others, [])
  assert.deepEqual(
    { kind: letter?.kind, reason: letter?.reason, topic: letter?.topic, offset: letter?.offset },
    { kind: 'sink', reason: 'not_wire_format', topic: room.nameOf(live), offset: 0 },
  )
  assert.match(
    await registry.metrics(),
    /continuo_sink_dead_letters_total\{sink="redis",.*reason="not_wire_format"\} 1/,
  )
})

test('two processes share the partitions, one leaves, and the list stays whole', async () => {
  const first = await start()
  await room.send(live, 0, [total('a', 2)])
  await room.send(live, 1, [total('b', 1)])
  await topIs([
    ['a', 2],
    ['b', 1],
  ])
  const second = await start(first.applicationId)
  await room.send(live, 0, [total('a', 3)])
  await room.send(live, 1, [total('b', 4)])
  await topIs([
    ['b', 4],
    ['a', 3],
  ])
  assert.deepEqual(await room.lagsTold(live, [first, second]), [0, 1])
  await first.sink.stop()
  await room.send(live, 0, [total('a', 9)])
  await room.send(live, 1, [total('b', 5)])
  await topIs([
    ['a', 9],
    ['b', 5],
  ])
  assert.equal((await redis.log()).at(-1)?.data.totalPlays, 14)
  assert.deepEqual([...first.crashes, ...second.crashes], [])
})

test('more totals than fit into one step are applied in several', async () => {
  const crowd = Array.from({ length: 3_000 }, (_, i) => total(`artist-${i}`, i + 1))
  await room.send(live, 0, crowd)
  const { applicationId } = await start()
  const [, , , plays] = redis.totals.scriptKeys
  await until(async () => (await redis.redis.zcard(plays!)) === 3_000, { what: '3,000 artists' })
  assert.ok((await redis.log()).length >= 6)
  // Kafka's own tools see the lag.
  const seen = () => room.committed(redisGroup(applicationId), live, 0)
  await until(async () => (await seen())?.offset === 3_000n, { what: 'the position to be committed' })
})
