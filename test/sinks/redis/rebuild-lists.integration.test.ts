import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../../schemas/channels.ts'
import { topics } from '../../../schemas/topics.ts'
import { rebuildLists } from '../../../sinks/redis/rebuild-lists.ts'
import { startListsSink } from '../../../sinks/redis/lists-sink.ts'
import { recommendation } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { redisRoom } from './room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
let redis: Awaited<ReturnType<typeof redisRoom>>
before(async () => {
  room = await sinkRoom()
  redis = await redisRoom()
})
after(async () => {
  await redis.close()
  await room.close()
})

const keysOf = (listener: string) =>
  channelKeys(redis.keyPrefix, channelOf(ownChannels.recommendations, listener))
async function heldBy(listener: string): Promise<RecommendationsUpdate | undefined> {
  const [entry] = await redis.redis.xrevrange(keysOf(listener).log, '+', '-', 'COUNT', 1)
  return entry && (JSON.parse(entry[1][1]!) as RecommendationsUpdate)
}

test('a list that is not there, or not what the topic has, is put right; nobody is told of an older one, nor of the same again', async (t) => {
  const { options, crashes } = room.surroundings(randomUUID())
  const settings = { ...options, redis: { redisUrl: redis.redisUrl, keyPrefix: redis.keyPrefix } }
  const listeners = ['gone', 'wrong', 'right']
  const lists = [1, 2, 3].flatMap((madeAt) =>
    listeners.map((listener) => recommendation({ listener, madeAt })),
  )
  await room.send(topics.recommendations, 0, lists)
  await room.sendRaw(topics.recommendations, 0, Buffer.from('no list'))
  const sink = await startListsSink(settings)
  t.after(() => sink.stop())
  const allHeld = async () => (await Promise.all(listeners.map(heldBy))).every((list) => list?.madeAt === 3)
  await until(allHeld, { what: 'all lists' })

  const told: { listener: string; offset: number; madeAt: number }[] = []
  const subscriber = redis.redis.duplicate()
  t.after(() => subscriber.disconnect())
  await subscriber.ssubscribe(...listeners.map((listener) => keysOf(listener).publish))
  subscriber.on('smessage', (channel: string, text: string) => {
    const { offset, data } = JSON.parse(text) as { offset: number; data: RecommendationsUpdate }
    const listener = listeners.find((each) => keysOf(each).publish === channel)!
    told.push({ listener, offset, madeAt: data.madeAt })
  })
  await redis.redis.del(keysOf('gone').log, keysOf('gone').meta)
  const { log, meta } = keysOf('wrong')
  const offset = Number(await redis.redis.hget(meta, 'offset'))
  await redis.redis.multi().del(log).xadd(log, `${offset}-0`, 'data', '{"items":[]}').exec()

  const progress: [number, number][] = []
  assert.equal(await rebuildLists(settings, (read, of) => progress.push([read, of])), 2)
  assert.deepEqual(progress.at(-1), [20, 20])
  await until(() => told.length === 2, { what: 'two lists to be told' })
  assert.deepEqual(
    told.toSorted((one, other) => (one.listener < other.listener ? -1 : 1)),
    [
      { listener: 'gone', offset: 1, madeAt: 3 },
      { listener: 'wrong', offset: offset + 1, madeAt: 3 },
    ],
  )
  assert.equal(await allHeld(), true)
  assert.equal(await rebuildLists(settings, () => undefined), 0)
  assert.deepEqual(crashes, [])
})
