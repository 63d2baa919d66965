import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Redis } from 'ioredis'
import { channelKeys, channels } from '../../../schemas/channels.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import type { ArtistTotal } from '../../../schemas/events.ts'
import type { Step } from '../../../sinks/redis/pending-rows.ts'
import { isPassing } from '../../../sinks/redis/redis-store.ts'
import { TotalsStore } from '../../../sinks/redis/totals-store.ts'
import { startStack } from '../../../stack/index.ts'
import { freePort } from '../../../stack/ports.ts'
import { until } from '../../kit/until.ts'
import { redisRoom } from './room.ts'
import { artistTotal, rowsOf } from './totals-model.ts'

let room: Awaited<ReturnType<typeof redisRoom>>
before(async () => (room = await redisRoom()))
beforeEach(() => room.empty())
after(() => room.close())

function step(from: number, plays: number, partition = 0): Step<ArtistTotal> {
  const rows = rowsOf([artistTotal({ artist: 'a', window: 1, plays, ms: 0 })], from)
  return {
    partitions: [{ partition, from: BigInt(from), next: BigInt(from + 1), rows }],
    receivedAt: [],
    refused: [],
  }
}
const fromZero = new Map([[0, 0n]])
const epoch = () => room.redis.hget(room.keys.meta, 'epoch')

test('a partition never seen stands at the first offset that Kafka has, one seen where it was left', async () => {
  const store = await room.store()
  assert.deepEqual(await store.begin('t', new Map([[0, 40n]])), new Map([[0, 40n]]))
  assert.equal(await store.apply('t', step(40, 1)), 'published')

  const successor = await room.store()
  const positions = await successor.begin(
    't',
    new Map([
      [0, 0n],
      [1, 7n],
    ]),
  )
  assert.deepEqual(
    positions,
    new Map([
      [0, 41n],
      [1, 7n],
    ]),
  )
})

test('a second process goes on in the epoch of the first', async () => {
  await (await room.store()).begin('t', fromZero)
  const begun = await epoch()
  await (await room.store()).begin('t', fromZero)
  assert.equal(await epoch(), begun)
})

test('a topic deleted and created again under its name counts from the beginning, and blocks nothing', async () => {
  const store = await room.store()
  await store.begin('old', fromZero)
  await store.apply('old', step(0, 1))
  await store.apply('old', step(1, 100))

  assert.deepEqual(await store.begin('new', fromZero), fromZero)
  assert.equal(await store.apply('new', step(0, 3)), 'published')
  assert.equal((await room.log()).at(-1)?.data.top[0]?.plays, 3)
  // Whoever still reads the old topic is turned away, and has to look again.
  const late = await room.store()
  const [state] = room.totals.scriptKeys
  await late.begin('new', new Map())
  await room.redis.hset(state!, 'topic_id', 'newest')
  assert.equal(await late.apply('new', step(1, 200)), 'moved')
})

test('scripts that the server has forgotten are loaded again', async () => {
  const store = await room.store()
  await store.begin('t', fromZero)
  await store.apply('t', step(0, 1))
  await room.redis.script('FLUSH')
  assert.equal(await store.apply('t', step(1, 2)), 'published')
})

test('data that is lost under a running sink is noticed', async () => {
  const store = await room.store()
  await store.begin('t', fromZero)
  await store.apply('t', step(0, 1))
  await room.empty()
  assert.equal(await store.apply('t', step(1, 2)), 'moved')
})

test('the log keeps the newest messages', async () => {
  const store = await room.store({ history: 100 })
  await store.begin('t', fromZero)
  for (let i = 0; i < 400; i++) await store.apply('t', step(i, i + 1))
  const log = await room.log()
  assert.equal(log.at(-1)?.offset, 400)
  assert.ok(log.length >= 100 && log.length < 300, `${log.length} messages kept`)
})

test('a store that cannot connect says why, however often it is asked', async (t) => {
  const store = new TotalsStore({ redisUrl: `redis://127.0.0.1:${await freePort()}`, keyPrefix: '', k: 1 })
  t.after(() => store.close())
  for (let i = 0; i < 3; i++) await assert.rejects(store.connect(), /ECONNREFUSED/)
})

test('only an answer that will change is waited for', () => {
  const answer = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })
  assert.equal(isPassing(answer('LOADING Redis is loading the dataset in memory')), true)
  assert.equal(isPassing(answer('ERR Error running script')), false)
  assert.equal(isPassing(new Error('Connection is closed.')), true)
})

test('a server killed and started again begins a new epoch of the channel and keeps the figures', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-redis-'))
  const stack = await startStack({ dataDir, only: ['redis'], ports: { redis: 0 }, progress: () => undefined })
  const store = new TotalsStore({ redisUrl: stack.urls.redisUrl!, keyPrefix: '', k: 1 })
  t.after(async () => {
    store.close()
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  await store.connect()
  await store.begin('t', fromZero)
  await store.apply('t', step(0, 1))
  const { meta } = channelKeys('', channels.topArtists)
  const plays = totalsKeys('').scriptKeys[3]!
  const ask = async <T>(question: (redis: Redis) => Promise<T>) => {
    const redis = new Redis(stack.urls.redisUrl!)
    return question(redis).finally(() => redis.disconnect())
  }
  const read = (field: string) => ask((redis) => redis.hget(meta, field))
  const before = await read('epoch')

  await stack.kill('redis')
  await assert.rejects(store.apply('t', step(1, 2)))
  await stack.start('redis')
  const applied = await until(() => store.apply('t', step(1, 2)), { what: 'redis to be back' })
  // Killed, Redis may have lost what it had not yet written: what is missing is then sent again, as the sink does.
  if (applied === 'moved') {
    const position = (await store.begin('t', fromZero)).get(0)!
    const missing = step(Number(position), 2)
    missing.partitions[0]!.next = 2n
    assert.equal(await store.apply('t', missing), 'published')
  }
  assert.notEqual(await read('epoch'), before)
  assert.equal(await read('offset'), '1')
  assert.equal(await ask((redis) => redis.zscore(plays, 'a')), '2')
})

const replayed = (offset: number, plays: number) => [
  { ...rowsOf([artistTotal({ artist: 'a', window: 1, plays, ms: 0 })], offset)[0]!, partition: 0 },
]
/** What is given back, from this offset of its own topic. */
const given = (from: number, rows: ReturnType<typeof replayed>) => ({
  place: 'replay:r:0',
  from: BigInt(from),
  next: BigInt(from + 1),
  rows,
})
const withReplays = new Map<number | string, bigint>([
  [0, 0n],
  ['replay:r:0', 0n],
])
const newest = async () => (await room.log()).at(-1)?.data.top[0]?.plays

test('what is given back never takes the place of what is newer, be that applied before or after it', async () => {
  const store = await room.store()
  await store.begin('t', withReplays)
  assert.equal(await store.apply('t', step(0, 1)), 'published')
  assert.equal(await store.replay('t', given(0, replayed(5, 9))), 'published')
  assert.equal(await newest(), 9)
  // Its sink was killed before the position had moved: the rows before it come again, and one behind it.
  for (const from of [1, 2, 3, 4, 5]) assert.equal(await store.apply('t', step(from, from)), 'unchanged')
  assert.equal(await newest(), 9)
  assert.equal(await store.apply('t', step(6, 7)), 'published')
  assert.equal(await store.replay('t', given(1, replayed(4, 20))), 'unchanged')
  assert.equal(await newest(), 7)
})

test('a total of before totals knew their offsets is not replaced by what is given back, but by the next', async () => {
  const store = await room.store()
  await store.begin('t', withReplays)
  await store.apply('t', step(0, 3))
  await room.redis.hset(`${room.totals.windowPrefix}60000:0`, 'a', '3 0')
  assert.equal(await store.replay('t', given(0, replayed(0, 9))), 'unchanged')
  assert.equal(await store.apply('t', step(1, 4)), 'published')
  assert.equal(await newest(), 4)
})

test('the position of what is given back goes with the rows: whoever goes on behind what is lost finds it moved', async () => {
  const store = await room.store()
  await store.begin('t', withReplays)
  await store.apply('t', step(0, 3))
  assert.equal(await store.replay('t', given(0, replayed(5, 9))), 'published')
  // An answer may have been lost: once more, it changes nothing.
  assert.equal(await store.replay('t', given(0, replayed(5, 9))), 'unchanged')
  await room.empty()
  assert.equal(await store.replay('t', given(1, replayed(6, 9))), 'moved')
  assert.equal(await store.apply('t', step(1, 4)), 'moved')
  assert.deepEqual(await store.begin('t', withReplays), withReplays)
  assert.equal(await store.replay('t', given(1, replayed(6, 10))), 'moved')
  assert.equal(await store.replay('t', given(0, replayed(5, 9))), 'unchanged')
  assert.equal(await newest(), 10)
})

test('what knows another topic than the store empties nothing', async () => {
  const store = await room.store()
  await store.begin('t', withReplays)
  await store.apply('t', step(0, 3))
  assert.equal(await store.replay('before', given(0, replayed(5, 9))), 'moved')
  assert.equal(await store.apply('before', step(1, 4)), 'moved')
  assert.equal(await store.apply('t', step(1, 4)), 'published')
})
