import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../../schemas/channels.ts'
import type { Recommendation } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { startListsSink } from '../../../sinks/redis/lists-sink.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { sinksProcess } from '../../kit/role-process.ts'
import { redisRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let redis: Awaited<ReturnType<typeof redisRoom>>
let running: Awaited<ReturnType<typeof sinksProcess>> | undefined
before(async () => {
  room = await sinkRoom()
  redis = await redisRoom()
})
after(async () => {
  await running?.kill()
  await redis.close()
  await room.close()
})

const list = (listener: string, madeAt: number): Recommendation => ({
  recommendationId: `${listener}.${madeAt}`,
  listener,
  modelVersion: 'v1',
  country: null,
  items: [],
  madeAt,
  receivedAt: madeAt,
})
const partitionOf = (listener: string) => Number(listener.at(-1)) % 2

const newestOf = async (listener: string): Promise<number | undefined> => {
  const { log } = channelKeys(redis.keyPrefix, channelOf(ownChannels.recommendations, listener))
  const [entry] = await redis.redis.xrange(log, '-', '+')
  return entry && (JSON.parse(entry[1][1]!) as RecommendationsUpdate).madeAt
}

test('killed under load, again and again, each listener has their newest list, and no message comes twice or after a newer one', async () => {
  const env = { ...room.env, REDIS_PREFIX: redis.keyPrefix, APPLICATION_ID: randomUUID() }
  const listeners = Array.from({ length: 6 }, (_, index) => `listener-${index}`)
  const told = new Map<string, number[]>(listeners.map((listener) => [listener, []]))
  const subscriber = redis.redis.duplicate()
  for (const listener of listeners) {
    const { publish } = channelKeys(redis.keyPrefix, channelOf(ownChannels.recommendations, listener))
    await subscriber.ssubscribe(publish)
    subscriber.on('smessage', (channel: string, text: string) => {
      if (channel !== publish) return
      told.get(listener)!.push((JSON.parse(text) as { data: RecommendationsUpdate }).data.madeAt)
    })
  }
  const newest = new Map<string, number>()
  let made = 0
  const heard = () => told.values().reduce((sum, { length }) => sum + length, 0)
  for (let round = 0; round < 3; round++) {
    running = await sinksProcess('redis', env)
    const enough = heard() + 1 + Math.floor(Math.random() * 20)
    while (heard() < enough) {
      const listener = listeners[Math.floor(Math.random() * listeners.length)]!
      newest.set(listener, ++made)
      await room.send(topics.recommendations, partitionOf(listener), [list(listener, made)])
    }
    await running.kill()
  }
  running = await sinksProcess('redis', env)
  for (const [listener, madeAt] of newest)
    await until(async () => (await newestOf(listener)) === madeAt, {
      within: 30_000,
      what: `the newest list of ${listener}`,
    })
  for (const [listener, madeAts] of told)
    assert.deepEqual(
      madeAts,
      [...new Set(madeAts)].sort((one, other) => one - other),
      listener,
    )
  await until(() => running!.ready(), { within: 30_000, what: 'the sink to be ready' })
  assert.equal(await running.stop(), 0)
  await subscriber.quit()
})

test('what an aborted transaction wrote comes to nobody, and what is no list is set aside', async () => {
  const { options, crashes } = room.surroundings(randomUUID())
  const prefix = `${redis.keyPrefix}other:`
  await room.inTransaction('abort', (by) => room.send(topics.recommendations, 0, [list('ada', 1)], by))
  await room.sendRaw(topics.recommendations, 0, Buffer.from('no list'))
  await room.send(topics.recommendations, 0, [list('bob', 2)])
  const sink = await startListsSink({ ...options, redis: { redisUrl: redis.redisUrl, keyPrefix: prefix } })
  const heldFor = (listener: string) =>
    redis.redis.exists(channelKeys(prefix, channelOf(ownChannels.recommendations, listener)).log)
  await until(async () => (await heldFor('bob')) === 1, { within: 20_000, what: 'the list of bob' })
  assert.equal(await heldFor('ada'), 0)
  assert.equal((await room.deadLetters()).filter(({ stage }) => stage === 'test-sink').length, 1)
  await sink.stop()
  assert.deepEqual(crashes, [])
})
