import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { sinksProcess } from '../../kit/role-process.ts'
import { redisRoom } from './room.ts'
import { artistTotal } from './totals-model.ts'

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

test('killed under load, again and again, it counts each play once and publishes each message once', async () => {
  const env = {
    ...room.env,
    REDIS_PREFIX: redis.keyPrefix,
    APPLICATION_ID: randomUUID(),
    K_ANONYMITY: '1',
  }
  const messages = await redis.listen()
  const plays = new Map<string, number>()
  const sendSome = async () => {
    for (const partition of [0, 1]) {
      const artist = `artist-${partition}-${Math.floor(Math.random() * 5)}`
      plays.set(artist, (plays.get(artist) ?? 0) + 1)
      const total = artistTotal({ artist, window: 1, plays: plays.get(artist)!, ms: 0 })
      await room.send(topics.artistTotalsLive, partition, [total])
    }
  }
  for (let round = 0; round < 3; round++) {
    running = await sinksProcess('redis', env)
    const enough = messages.length + 1 + Math.floor(Math.random() * 10)
    while (messages.length < enough) await sendSome()
    await running.kill()
  }
  running = await sinksProcess('redis', env)
  const total = plays.values().reduce((sum, each) => sum + each)
  const last = await until(
    async () => {
      const newest = (await redis.log()).at(-1)
      return newest?.data.totalPlays === total && newest
    },
    { within: 30_000, what: `${total} plays to be counted` },
  )
  assert.deepEqual(new Map(last.data.top.map((line) => [line.artistId, line.plays])), plays)
  const offsets = messages.map(({ offset }) => offset)
  assert.deepEqual(
    offsets,
    offsets
      .keys()
      .map((i) => i + 1)
      .toArray(),
  )
  assert.equal(new Set(messages.map(({ epoch }) => epoch)).size, 1)
  await until(() => running!.ready(), { within: 30_000, what: 'the sink to be ready' })
  assert.equal(await running.stop(), 0)
})
