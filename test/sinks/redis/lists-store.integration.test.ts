import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../../schemas/channels.ts'
import type { Recommendation } from '../../../schemas/events.ts'
import { ListsStore, listsKeys } from '../../../sinks/redis/lists-store.ts'
import type { Step } from '../../../sinks/redis/pending-rows.ts'
import { redisRoom } from './room.ts'

let room: Awaited<ReturnType<typeof redisRoom>>
const stores: ListsStore[] = []
before(async () => (room = await redisRoom()))
beforeEach(() => room.empty())
after(async () => {
  for (const store of stores) store.close()
  await room.close()
})

async function connected(): Promise<ListsStore> {
  const store = new ListsStore({ redisUrl: room.redisUrl, keyPrefix: room.keyPrefix })
  stores.push(store)
  await store.connect()
  return store
}

const keysOf = (listener: string) =>
  channelKeys(room.keyPrefix, channelOf(ownChannels.recommendations, listener))

const list = (listener: string, madeAt: number): Recommendation => ({
  recommendationId: `${listener}.${madeAt}`,
  listener,
  modelVersion: 'v1',
  country: 'NO',
  items: [],
  madeAt,
  receivedAt: madeAt,
})

/** Lists at the offsets from `from` on, of the listeners named. */
const stepOf = (from: number, listeners: readonly string[], partition = 0): Step<Recommendation> => ({
  partitions: [
    {
      partition,
      from: BigInt(from),
      next: BigInt(from + listeners.length),
      rows: listeners.map((listener, index) => ({
        offset: BigInt(from + index),
        value: list(listener, 1_000 + from + index),
      })),
    },
  ],
  receivedAt: [],
  refused: [],
})

async function held(listener: string) {
  const { meta, log } = keysOf(listener)
  const entries = await room.redis.xrange(log, '-', '+')
  const { epoch, offset } = await room.redis.hgetall(meta)
  return {
    epoch,
    offset: Number(offset),
    lists: entries.map(([, fields]) => JSON.parse(fields[1]!) as RecommendationsUpdate),
  }
}
const position = () => room.redis.hget(listsKeys(room.keyPrefix).positions, '0')

test('the newest list of each listener is held and published, without the listener’s name or country', async () => {
  const store = await connected()
  const told: string[] = []
  const subscriber = room.redis.duplicate()
  await subscriber.ssubscribe(keysOf('ada').publish)
  subscriber.on('smessage', (_, text: string) => told.push(text))
  assert.deepEqual(await store.begin('t', new Map([[0, 5n]])), new Map([[0, 5n]]))
  assert.equal(await store.apply('t', stepOf(5, ['ada', 'bob'])), 'published')
  assert.equal(await store.apply('t', stepOf(7, ['ada'])), 'published')
  const { epoch, offset, lists } = await held('ada')
  assert.deepEqual([offset, lists.map(({ madeAt }) => madeAt)], [2, [1_007]])
  assert.deepEqual(Object.keys(lists[0]!).sort(), [
    'items',
    'madeAt',
    'modelVersion',
    'receivedAt',
    'recommendationId',
  ])
  assert.equal((await held('bob')).offset, 1)
  assert.equal(await position(), '8')
  await subscriber.quit()
  assert.deepEqual(
    told.map((text) => JSON.parse(text) as object),
    [
      {
        epoch,
        offset: 1,
        data: { ...lists[0], recommendationId: 'ada.1005', madeAt: 1_005, receivedAt: 1_005 },
      },
      { epoch, offset: 2, data: lists[0] },
    ],
  )
})

test('a step that breaks off is repeated, in other pieces, too, and no list goes backwards or is told twice', async () => {
  const listeners = fc.array(fc.constantFrom('ada', 'bob', 'cat'), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(listeners, fc.array(fc.nat(11), { maxLength: 6 }), async (all, breaks) => {
      await room.empty()
      const store = await connected()
      await store.begin('t', new Map([[0, 0n]]))
      let at = 0
      for (const size of breaks.map((each) => (each % 4) + 1)) {
        if (at + size > all.length) break
        await store.apply('t', stepOf(at, all.slice(at, at + size)))
        // All lists are there, and the position is not: as after a kill.
        await room.redis.hset(listsKeys(room.keyPrefix).positions, '0', String(at))
        const other = await connected()
        const [from] = (await other.begin('t', new Map([[0, 0n]]))).values()
        assert.equal(from, BigInt(at))
        at += 1
        await other.apply('t', stepOf(at - 1, all.slice(at - 1, at)))
      }
      await store.apply('t', stepOf(at, all.slice(at)))
      for (const listener of new Set(all)) {
        const { offset, lists } = await held(listener)
        assert.equal(lists[0]!.madeAt, 1_000 + all.lastIndexOf(listener))
        assert.ok(offset <= all.filter((each) => each === listener).length, 'told twice')
      }
    }),
    { numRuns: 40 },
  )
})

test('where the store stands elsewhere, the step is to be read again from there', async () => {
  const store = await connected()
  await store.begin('t', new Map([[0, 0n]]))
  await store.apply('t', stepOf(0, ['ada']))
  assert.equal(await store.apply('t', stepOf(0, ['ada'])), 'published')
  assert.equal((await held('ada')).offset, 1)
  assert.equal(await store.apply('t', stepOf(2, ['ada'])), 'moved')
  assert.equal(await store.apply('another', stepOf(1, ['ada'])), 'moved')
  await room.redis.del(listsKeys(room.keyPrefix).positions)
  assert.equal(await store.apply('t', stepOf(1, ['ada'])), 'moved')
})

test('a step that was applied long ago takes no position back', async () => {
  const store = await connected()
  await store.begin('t', new Map([[0, 0n]]))
  await store.apply('t', stepOf(0, ['ada']))
  await store.apply('t', stepOf(1, ['bob', 'cat']))
  assert.equal(await store.apply('t', stepOf(0, ['ada'])), 'published')
  assert.equal(await position(), '3')
  assert.equal(await store.apply('t', stepOf(3, ['ada'])), 'published')
})

test('a topic that was made anew begins at its beginning, and its lists count', async () => {
  const store = await connected()
  await store.begin('t', new Map([[0, 0n]]))
  await store.apply('t', stepOf(0, ['bob', 'ada']))
  assert.deepEqual(await store.begin('u', new Map([[0, 0n]])), new Map([[0, 0n]]))
  await store.apply('u', stepOf(0, ['ada']))
  assert.deepEqual(
    (await held('ada')).lists.map(({ madeAt }) => madeAt),
    [1_000],
  )
})

test('a server that was restarted begins a new epoch for each list that comes', async () => {
  const store = await connected()
  await store.begin('t', new Map([[0, 0n]]))
  await store.apply('t', stepOf(0, ['ada']))
  const { epoch } = await held('ada')
  await room.redis.hset(keysOf('ada').meta, 'reign', 'of another reign')
  await store.apply('t', stepOf(1, ['ada']))
  const { offset, lists, epoch: since } = await held('ada')
  assert.notEqual(since, epoch)
  assert.deepEqual([offset, lists.length], [1, 1])
})

test('what is not followed by another list goes after its time', async () => {
  const store = new ListsStore({ redisUrl: room.redisUrl, keyPrefix: room.keyPrefix, keepSeconds: 100 })
  stores.push(store)
  await store.connect()
  await store.begin('t', new Map([[0, 0n]]))
  await store.apply('t', stepOf(0, ['ada']))
  const { meta, log } = keysOf('ada')
  for (const key of [meta, log]) {
    const left = await room.redis.ttl(key)
    assert.ok(left > 0 && left <= 100, String(left))
  }
})

test('a list that is given back is held where none is newer, and moves its own position alone', async () => {
  const store = await connected()
  const places = new Map<number | string, bigint>([
    [0, 0n],
    ['replay:r:0', 0n],
  ])
  await store.begin('t', places)
  assert.equal(await store.apply('t', stepOf(0, ['ada', 'bob', 'ada'])), 'published')
  const replayed = (offset: number, listener: string) => [
    { offset: BigInt(offset), partition: 0, value: list(listener, 2_000 + offset) },
  ]
  const replay = (from: number, rows: ReturnType<typeof replayed>) =>
    store.replay('t', { place: 'replay:r:0', from: BigInt(from), next: BigInt(from + 1), rows })
  assert.equal(await replay(0, replayed(1, 'ada')), 'unchanged')
  assert.equal(await replay(1, replayed(4, 'bob')), 'published')
  assert.equal(await replay(1, [...replayed(4, 'bob'), ...replayed(0, 'eve')]), 'published')
  const newest = async (listener: string) => (await held(listener)).lists.map(({ madeAt }) => madeAt)
  assert.deepEqual(
    [await newest('ada'), await newest('bob'), await newest('eve')],
    [[1_002], [2_004], [2_000]],
  )
  assert.equal((await held('bob')).offset, 2)
  assert.equal(await position(), '3')
  await room.redis.del(listsKeys(room.keyPrefix).positions)
  assert.equal(await replay(2, replayed(5, 'bob')), 'moved')
  assert.deepEqual(await store.begin('t', places), places)
})
