import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { redisChannelLog } from '../../../../gateway/live/channels/channel-log.ts'
import type { GatewayOptions } from '../../../../gateway/live/index.ts'
import { channelKeys, channels } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { range } from '../../kit/sdk-client.ts'

const channel = channels.topArtists

async function setUp(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, ...options })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  return { gateway, publisher, raw, keys: channelKeys(gateway.keyPrefix, channel) }
}

const recoverFrom = (offset: number) => ({ channel, recover: true, epoch: 'first', offset })

test('who missed more messages than one recovery may bring is told so', async (t) => {
  const { publisher, raw } = await setUp(t, { limits: { maxRecovered: 5 } })
  for (const n of range(1, 7)) await publisher.publish(n)
  raw.send({ id: 2, subscribe: recoverFrom(1) })
  assert.equal((await raw.reply(2)).subscribe?.recovered, false)
  raw.send({ id: 3, unsubscribe: { channel } }, { id: 4, subscribe: recoverFrom(2) })
  const { subscribe } = await raw.reply(4)
  assert.equal(subscribe?.recovered, true)
  assert.equal(subscribe.offset, 2)
  assert.deepEqual(
    subscribe.publications?.map(({ offset }) => offset),
    range(3, 7),
  )
})

// 1,000 and 1,200 bytes of UTF-8 each; the second is 400 characters.
for (const data of ['x'.repeat(1_000), '嵐'.repeat(400)]) {
  test(`who missed more bytes of ${data[0]} than its socket may have waiting is told so, not cut off again and again`, async (t) => {
    const { publisher, raw } = await setUp(t, { limits: { maxQueuedBytes: 10_000 } })
    for (const _ of range(1, 10)) await publisher.publish(data)
    raw.send({ id: 2, subscribe: recoverFrom(1) })
    assert.equal((await raw.reply(2)).subscribe?.recovered, false)
    assert.equal(raw.closed, undefined)
  })
}

test('who is connected gets all that its gateway missed, though it is more than one read brings', async (t) => {
  const options = { limits: { maxRecovered: 5 }, times: { positionCheckEvery: 500 } }
  const { publisher, raw } = await setUp(t, options)
  await publisher.publish(1)
  raw.send({ id: 2, subscribe: { channel } })
  await raw.reply(2)
  for (const n of range(2, 13)) await publisher.publishUnheard(n)
  const pushes = () => raw.frames.flatMap(({ push }) => push ?? [])
  await until(() => pushes().length >= 12 || pushes().some(({ unsubscribe }) => unsubscribe), {
    what: 'what was missed',
  })
  assert.deepEqual(
    pushes().map(({ pub }) => pub?.offset),
    range(2, 13),
  )
})

test('a position from the future is not recovered', async (t) => {
  const { publisher, raw } = await setUp(t)
  await publisher.publish(1)
  raw.send({ id: 2, subscribe: recoverFrom(5) })
  const { subscribe } = await raw.reply(2)
  assert.equal(subscribe?.recovered, false)
  assert.equal(subscribe.offset, 1)
})

test('what no publisher of ours wrote is ignored, and the stream goes on', async (t) => {
  const { gateway, publisher, raw, keys } = await setUp(t)
  await publisher.publish(1)
  raw.send({ id: 2, subscribe: { channel } })
  await raw.reply(2)
  for (const junk of ['', 'junk', 'null', '[]', '{"epoch":"first"}', '{"epoch":1,"offset":"2","data":{}}'])
    await publisher.redis.spublish(keys.publish, junk)
  await publisher.publish('real')
  const push = await until(() => raw.frames.find((frame) => frame.push), { what: 'the push' })
  assert.deepEqual(push.push?.pub, { offset: 2, data: 'real' })
  assert.match(gateway.logged(), /none of a channel/)
})

test('a log that cannot be read refuses for now, and the rest goes on', async (t) => {
  const { gateway, publisher, raw, keys } = await setUp(t)
  await publisher.publish(1)
  await publisher.redis.xadd(keys.log, '2-0', 'data', '{broken')
  raw.send({ id: 2, subscribe: recoverFrom(0) })
  assert.deepEqual((await raw.reply(2)).error, {
    code: 100,
    message: 'internal server error',
    temporary: true,
  })
  assert.match(gateway.logged(), /cannot be read/)
  raw.send({ id: 3, subscribe: { channel } })
  assert.equal((await raw.reply(3)).subscribe?.offset, 1)
})

test('a channel that is begun before its first message is known as long as one that has had it', async (t) => {
  const redis = new Redis((await services()).redisUrl)
  t.after(() => redis.disconnect())
  const keyPrefix = `test-${randomUUID()}:`
  const log = redisChannelLog(redis, keyPrefix, { maxPublications: 1, maxBytes: 1 })
  const secondsLeft = async (place: string) => {
    await log.begin(place)
    return redis.ttl(channelKeys(keyPrefix, place).meta)
  }
  assert.equal(await secondsLeft(channel), -1, 'for ever')
  const month = await secondsLeft('room:a')
  assert.ok(month > 29 * 86_400 && month <= 30 * 86_400, String(month))
})
