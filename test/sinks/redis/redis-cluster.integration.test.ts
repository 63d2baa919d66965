import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { connectedRedis } from '../../../cli/redis/connected.ts'
import { channelKeys, channelOf, channels, ownChannels, presenceKey } from '../../../schemas/channels.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import { forgetListeners, isAnybodyPresent } from '../../../sinks/redis/forget-listeners.ts'
import { ListsStore } from '../../../sinks/redis/lists-store.ts'
import { isPassing } from '../../../sinks/redis/redis-store.ts'
import { TotalsStore } from '../../../sinks/redis/totals-store.ts'
import { recommendation } from '../../kit/builders.ts'
import { type TestCluster, redisCluster, shareOf } from '../../kit/redis-cluster.ts'
import { until } from '../../kit/until.ts'
import { artistTotal, rowsOf } from './totals-model.ts'

const keyPrefix = `test-${randomUUID()}:`
const top = channelKeys(keyPrefix, channels.topArtists)
let cluster: TestCluster
let redis: RedisClient
before(async () => {
  cluster = await redisCluster(shareOf(top.meta))
  redis = await connectedRedis(cluster.url)
})
after(async () => {
  redis.disconnect()
  await cluster.close()
})

const options = () => ({ redisUrl: cluster.url, keyPrefix })
const fromZero = new Map([[0, 0n]])

test('lists lie all over a cluster, and all of them are found to be forgotten', async () => {
  const listeners = Array.from({ length: 30 }, (_, n) => `listener-${n}`)
  const lists = new ListsStore(options())
  await lists.connect()
  await lists.begin('t', fromZero)
  const rows = listeners.map((listener, at) => ({
    offset: BigInt(at),
    value: recommendation({ listener }),
  }))
  const step = { partitions: [{ partition: 0, from: 0n, next: 30n, rows }], receivedAt: [], refused: [] }
  assert.equal(await lists.apply('t', step), 'published')
  lists.close()
  const logs = listeners.map(
    (listener) => channelKeys(keyPrefix, channelOf(ownChannels.recommendations, listener)).log,
  )
  assert.equal(new Set(logs.map(shareOf)).size, 3)
  assert.deepEqual(await Promise.all(logs.map((log) => redis.xlen(log))), Array(30).fill(1))

  await redis.zadd(presenceKey(keyPrefix, 'listener-7'), Date.now() + 60_000, 'gateway')
  assert.equal(await isAnybodyPresent(options()), true)
  // Two keys of each list, presence and positions.
  assert.equal(await forgetListeners(options()), 62)
  assert.deepEqual(await Promise.all(logs.map((log) => redis.exists(log))), Array(30).fill(0))
  assert.equal(await isAnybodyPresent(options()), false)
})

test('totals whose primary was killed go on where its replica stands, in a new epoch', async () => {
  const totals = new TotalsStore({ ...options(), k: 1 })
  await totals.connect()
  const step = (offset: number) => {
    const rows = rowsOf([artistTotal({ artist: 'a', window: 1, plays: 1 + offset, ms: 5, who: 7 })], offset)
    const partition = { partition: 0, from: BigInt(offset), next: BigInt(offset + 1), rows }
    return { partitions: [partition], receivedAt: [], refused: [] }
  }
  await totals.begin('t', fromZero)
  assert.equal(await totals.apply('t', step(0)), 'published')
  const before = await redis.hget(top.meta, 'epoch')
  await cluster.killReplicated()
  await assert.rejects(totals.apply('t', step(1)), (error) => isPassing(error))
  const answer = await until(() => totals.apply('t', step(1)), { what: 'the replica to take over' })
  // Replication is asynchronous: the first step may be lost, and is then asked for.
  const published = answer === 'moved' ? 2 : 1
  if (answer === 'moved') {
    assert.deepEqual(await totals.begin('t', fromZero), fromZero)
    for (const offset of [0, 1]) assert.equal(await totals.apply('t', step(offset)), 'published')
  }
  totals.close()
  const [epoch, offset] = await redis.hmget(top.meta, 'epoch', 'offset')
  assert.notEqual(epoch, before)
  assert.equal(Number(offset), published)
})
