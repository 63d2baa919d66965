import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { startStack } from '../../../../stack/index.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { listen, range, sdkClient } from '../../kit/sdk-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const channel = channels.topArtists

/** A gateway whose way to Redis can be cut, and a publisher with a way of its own. */
async function setUp(t: TestContext, { history = 100, positionCheckEvery = 600_000 } = {}) {
  const { redisUrl } = await services()
  const wire = await tcpProxy(Number(new URL(redisUrl).port))
  t.after(() => wire.close())
  const wired = new URL(redisUrl)
  wired.port = String(wire.port)
  const keyPrefix = `test-${randomUUID()}:`
  const publisher = testPublisher({ redisUrl, keyPrefix, channel, history })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const times = { positionCheckEvery }
  return { wire, publisher, options: { redisUrl: wired.href, keyPrefix, times } }
}

test('what is published while the gateway has lost Redis reaches its clients afterwards', async (t) => {
  const { wire, publisher, options } = await setUp(t)
  const gateway = await testGateway(t, options)
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })

  wire.cut()
  await until(() => !gateway.ready(), { what: 'the gateway to notice' })
  for (const n of range(2, 20)) await publisher.publish(n)
  assert.deepEqual(heard.offsets, [])
  wire.mend()
  for (const n of range(21, 30)) await publisher.publish(n)
  await until(() => heard.offsets.at(-1) === 30, { what: 'all publications' })
  await publisher.publish(31)
  await until(() => heard.offsets.at(-1) === 31, { what: 'a live publication' })
  assert.deepEqual(heard.offsets, range(2, 31))
  assert.ok(gateway.ready())
  assert.equal(sdk.states.filter(({ state }) => state === 'connected').length, 1, 'the socket stayed')
})

test('if more was missed than is kept, the clients are told', async (t) => {
  const { wire, publisher, options } = await setUp(t, { history: 5 })
  const gateway = await testGateway(t, options)
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  wire.cut()
  await until(() => !gateway.ready(), { what: 'the gateway to notice' })
  for (const n of range(2, 10)) await publisher.publish(n)
  wire.mend()
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
  assert.equal(heard.subscribed[1]!.recovered, false)
  assert.deepEqual(heard.offsets, [])
})

test('a subscription while Redis is away is refused for now and works when it is back', async (t) => {
  const { wire, options } = await setUp(t)
  const gateway = await testGateway(t, options)
  wire.cut()
  await until(() => !gateway.ready(), { what: 'the gateway to notice' })
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  raw.send({ id: 2, subscribe: { channel } })
  const { error } = await raw.reply(2)
  assert.equal(error?.code, 100)
  assert.equal(error.temporary, true)
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.errors.includes(100), { what: 'the refusal' })
  wire.mend()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  assert.ok(gateway.ready())
})

test('a silent link to Redis delays a subscription by seconds at most, and loses nothing', async (t) => {
  const { wire, publisher, options } = await setUp(t, { positionCheckEvery: 100 })
  const gateway = await testGateway(t, options)
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  wire.freeze()
  await publisher.publish(2)
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  // From another position than the top, so that the log has to be read.
  raw.send({ id: 2, subscribe: { channel, recover: true, epoch: 'first', offset: 0 } })
  assert.equal((await raw.reply(2)).error?.code, 100)
  wire.mend()
  await until(() => heard.offsets.length === 1, { what: 'the publication' })
  assert.deepEqual(heard.offsets, [2])
})

test('Redis killed and started again: no gap, or a new epoch that says so', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-gateway-'))
  const stack = await startStack({ dataDir, only: ['redis'], ports: { redis: 0 }, progress: () => undefined })
  t.after(async () => {
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  const redisUrl = stack.urls.redisUrl!
  const gateway = await testGateway(t, { redisUrl })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.redis.config('SET', 'appendfsync', 'always')
  await publisher.publish(1)
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  for (const n of range(2, 5)) await publisher.publish(n)

  await stack.kill('redis')
  await until(() => !gateway.ready(), { what: 'the gateway to notice' })
  await stack.start('redis')
  for (const n of range(6, 10)) await publisher.publish(n)
  await until(() => heard.offsets.at(-1) === 10, { what: 'all publications', within: 20_000 })
  assert.deepEqual(heard.offsets, range(2, 10))

  await stack.kill('redis')
  await until(() => !gateway.ready(), { what: 'the gateway to notice' })
  await stack.start('redis')
  await publisher.newEpoch('second')
  await publisher.publish('anew')
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again', within: 20_000 })
  assert.equal(heard.subscribed[1]!.recovered, false)
})
