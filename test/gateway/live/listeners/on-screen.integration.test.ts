import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { ownChannels, presenceKey } from '../../../../schemas/channels.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const pseudonymOf = pseudonyms([randomBytes(32)]).listener
let redisUrl: string
let redis: Redis
before(async () => {
  ;({ redisUrl } = await services())
  redis = new Redis(redisUrl)
})
after(() => redis.disconnect())

/** A gateway, and whether the push stage would find ada there. */
async function gatewayWithAda(t: TestContext, presenceLife = 60_000, url = redisUrl) {
  const gateway = await testGateway(t, { redisUrl: url, pseudonymOf, times: { presenceLife } })
  const key = presenceKey(gateway.keyPrefix, pseudonymOf('ada'))
  const open = async (channel: string = ownChannels.recommendations) => {
    const client = await rawClient(t, gateway.url)
    await client.connect('ada')
    client.send({ id: 2, subscribe: { channel } })
    await client.reply(2)
    return client
  }
  const present = async () => (await redis.zcount(key, Date.now(), '+inf')) > 0
  const isThere = () => until(present, { what: 'ada to be there' })
  const isGone = () => until(async () => !(await present()), { what: 'ada to be gone' })
  return { gateway, key, open, present, isThere, isGone }
}

test('whoever has a channel of their own on a screen is there until the last screen is gone', async (t) => {
  const { open, present, isThere, isGone } = await gatewayWithAda(t)
  const first = await open()
  await isThere()
  const second = await open()
  first.close()
  await until(() => first.closed, { what: 'the first to be closed' })
  // What the gateway had to say of the first is with Redis when it has answered this.
  second.send({ id: 3, ping: {} })
  await second.reply(3)
  assert.ok(await present())
  second.send({ id: 4, unsubscribe: { channel: ownChannels.recommendations } })
  await isGone()
  second.send({ id: 5, subscribe: { channel: ownChannels.recommendations } })
  await isThere()
  second.close()
  await isGone()
})

test('whoever follows what is everybody’s alone is not there', async (t) => {
  const { open, present } = await gatewayWithAda(t)
  const client = await open('top-artists')
  client.send({ id: 3, ping: {} })
  await client.reply(3)
  assert.equal(await present(), false)
})

test('a gateway that stops takes its listeners with it', async (t) => {
  const { gateway, open, isThere, isGone, key } = await gatewayWithAda(t)
  await open()
  await isThere()
  await gateway.stop()
  await isGone()
  assert.equal(await redis.exists(key), 0)
})

test('what another gateway has left behind is cleared, though the listener never ceases to look', async (t) => {
  const { open, isThere, key } = await gatewayWithAda(t, 900)
  await open()
  await isThere()
  await redis.zadd(key, Date.now() - 1, 'left-behind')
  await until(async () => (await redis.zscore(key, 'left-behind')) === null, { what: 'it to be cleared' })
  await isThere()
})

test('a Redis that refuses is told of in the log once, without the listener', async (t) => {
  const { gateway, open, isThere, key } = await gatewayWithAda(t, 90)
  const warnings = () => gateway.logged().split('does not take who is present').length - 1
  await redis.set(key, 'no sorted set')
  await open()
  await until(() => warnings() > 0, { what: 'the warning' })
  await redis.del(key)
  await isThere()
  assert.equal(warnings(), 1)
  assert.ok(!gateway.logged().includes(pseudonymOf('ada')))
})

test('presence is said again within its life, and runs out without', async (t) => {
  const { open, isThere, key } = await gatewayWithAda(t, 900)
  await open()
  await isThere()
  const [, first] = await redis.zrange(key, 0, -1, 'WITHSCORES')
  await until(async () => Number((await redis.zrange(key, 0, -1, 'WITHSCORES'))[1]) > Number(first), {
    what: 'it to be said again',
  })
  assert.ok((await redis.pttl(key)) > 0, 'a gateway that was killed leaves nothing for ever')
  // A Redis that has lost everything is told anew.
  await redis.del(key)
  await isThere()
})

test('who is there when Redis comes back is written anew at once', async (t) => {
  const wire = await tcpProxy(Number(new URL(redisUrl).port))
  t.after(() => wire.close())
  const wired = new URL(redisUrl)
  wired.port = String(wire.port)
  const { open, isThere, key } = await gatewayWithAda(t, 60_000, wired.href)
  await open()
  await isThere()
  wire.cut()
  await redis.del(key)
  wire.mend()
  await isThere()
})
