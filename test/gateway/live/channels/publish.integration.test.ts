import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import pino from 'pino'
import { redisPublisher, type Publish } from '../../../../gateway/live/channels/publish.ts'
import { redisConnection } from '../../../../gateway/live/redis.ts'
import { channelKeys, publishedKey } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'

const keyPrefix = `test-${randomUUID()}:`
let redis: Redis
let publish: Publish

before(async () => {
  const { redisUrl } = await services()
  redis = redisConnection(redisUrl, pino({ level: 'silent' }))
  await redis.connect()
  publish = redisPublisher(redis, keyPrefix)
})
after(() => {
  redis.disconnect()
})

const forever = (size: number) => ({ size, seconds: 0 })

/** What the log of a channel keeps: offsets and data. */
async function kept(channel: string): Promise<[number, unknown][]> {
  const entries = await redis.xrange(channelKeys(keyPrefix, channel).log, '-', '+')
  return entries.map(([id, [, data]]) => [Number.parseInt(id, 10), JSON.parse(data!)])
}

test('every message has the next offset, is kept and is sent, and none twice under a key', async (t) => {
  const { redisUrl } = await services()
  const feed = new Redis(redisUrl)
  t.after(() => feed.disconnect())
  const messages = fc.array(
    fc.record({
      channel: fc.constantFrom('a', 'b'),
      data: fc.jsonValue({ depthSize: 'small' }),
      key: fc.option(fc.constantFrom('one', 'two', 'three '), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(messages, fc.integer({ min: 1, max: 8 }), async (all, size) => {
      const run = randomUUID()
      const heard: string[] = []
      const hear = (_: string, text: string) => heard.push(text)
      const feeds = ['a', 'b'].map((name) => channelKeys(keyPrefix, run + name).publish)
      await feed.ssubscribe(...feeds)
      feed.on('smessage', hear)
      const oracle = { a: [] as unknown[], b: [] as unknown[] }
      const known = new Map<string, number>()
      let said = 0
      for (const { channel, data, key } of all) {
        const of = oracle[channel]
        const before = key === undefined ? undefined : known.get(channel + key)
        if (before === undefined) of.push(data)
        const offset = before ?? of.length
        if (key !== undefined) known.set(channel + key, offset)
        said += before === undefined ? 1 : 0
        const options = { history: forever(size), ...(key === undefined ? {} : { idempotencyKey: key }) }
        const published = await publish(run + channel, data, options)
        assert.deepEqual([published.offset, published.repeated], [offset, before !== undefined])
      }
      for (const channel of ['a', 'b'] as const) {
        const whole = oracle[channel].map((data, index) => [
          index + 1,
          JSON.parse(JSON.stringify(data)) as unknown,
        ])
        assert.deepEqual(await kept(run + channel), whole.slice(-size))
      }
      await until(() => heard.length === said, { what: `${said} messages`, every: 1 })
      feed.off('smessage', hear)
      await feed.sunsubscribe(...feeds)
    }),
    { numRuns: 40 },
  )
})

test('a channel goes on in its epoch, and begins a new one on a server that was restarted', async () => {
  const channel = randomUUID()
  const first = await publish(channel, 1, { history: forever(5) })
  const second = await publish(channel, 2, { history: forever(5) })
  assert.deepEqual(second, { epoch: first.epoch, offset: 2, repeated: false })
  await redis.hset(channelKeys(keyPrefix, channel).meta, 'reign', 'of another reign')
  const third = await publish(channel, 3, { history: forever(5) })
  assert.notEqual(third.epoch, first.epoch)
  assert.equal(third.offset, 1)
  assert.deepEqual(await kept(channel), [[1, 3]])
})

test('who published is in the log and in what is sent', async (t) => {
  const channel = randomUUID()
  const feed = redis.duplicate({ lazyConnect: false, enableOfflineQueue: true })
  t.after(() => feed.disconnect())
  const { log, publish: feedName } = channelKeys(keyPrefix, channel)
  await feed.ssubscribe(feedName)
  const heard: string[] = []
  feed.on('smessage', (_, text: string) => heard.push(text))
  const info = { client: 'c-1', user: 'pseudonym' }
  const { epoch } = await publish(channel, 'hi', { history: forever(5), info })
  await until(() => heard.length > 0, { what: 'the message' })
  assert.deepEqual(JSON.parse(heard[0]!), { epoch, offset: 1, data: 'hi', info })
  assert.deepEqual((await redis.xrange(log, '-', '+'))[0]?.[1], [
    'data',
    '"hi"',
    'info',
    JSON.stringify(info),
  ])
  feed.disconnect()
})

test('messages, keys and what a channel is known by go after their time', async () => {
  const channel = randomUUID()
  const { meta, log } = channelKeys(keyPrefix, channel)
  await publish(channel, 1, { history: { size: 5, seconds: 60 }, idempotencyKey: 'k' })
  const lives = [log, meta, publishedKey(keyPrefix, channel, 'k')].map((key) => redis.ttl(key))
  const [ofLog, ofMeta, ofKey] = await Promise.all(lives)
  assert.ok(ofLog! > 50 && ofLog! <= 60)
  assert.ok(ofMeta! > 29 * 86_400)
  assert.ok(ofKey! > 290 && ofKey! <= 300)
  await redis.del(log)
  assert.equal((await publish(channel, 2, { history: { size: 5, seconds: 60 } })).offset, 2)
})

test('without Redis nothing is published, and with it again all goes on', async () => {
  const channel = randomUUID()
  const first = await publish(channel, 1, { history: forever(5) })
  const ended = once(redis, 'end')
  redis.disconnect()
  await ended
  await assert.rejects(publish(channel, 2, { history: forever(5) }))
  await redis.connect()
  assert.deepEqual(await publish(channel, 2, { history: forever(5) }), { ...first, offset: 2 })
})
