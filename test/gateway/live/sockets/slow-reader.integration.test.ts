import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { listen, range, sdkClient } from '../../kit/sdk-client.ts'
import { slowReader } from '../../kit/slow-reader.ts'
import { upgrade } from '../../kit/upgrade.ts'

const channel = channels.topArtists
const payload = 'x'.repeat(200_000)

test('who does not read is cut off with the code to return, and the others hear everything', async (t) => {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel, history: 3 })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  const slow = await slowReader(t, gateway.port, channel)
  slow.stopReading()

  // Until the kernel's buffers and then its queue are full.
  let sent = 1
  await until(
    async () => {
      await publisher.publish(payload)
      sent++
      return gateway.metric('continuo_gateway_disconnects_total{code="3008"}')
    },
    { what: 'the slow reader to be cut off', every: 0 },
  )
  await until(() => heard.offsets.at(-1) === sent, { what: 'the other client to hear all' })
  assert.deepEqual(heard.offsets, range(2, sent))
  assert.equal(await gateway.metric('continuo_gateway_connections'), 1)
  assert.equal(await gateway.metric('continuo_gateway_subscriptions'), 1)

  slow.readAgain()
  await until(() => slow.closeCode(), { what: 'the close frame' })
  assert.equal(slow.closeCode(), 3008)
  const offsets = slow
    .frames()
    .slice(2)
    .map((frame) => (JSON.parse(frame) as { push: { pub: { offset: number } } }).push.pub.offset)
  assert.deepEqual(offsets, range(2, offsets.length + 1), 'what it read has no gap')
  assert.ok(offsets.length < sent - 1)
})

test('of those who do not read some are sent away when too much waits for all of them together', async (t) => {
  const { redisUrl } = await services()
  const limits = { maxQueuedBytes: 50_000_000, maxQueuedBytesOfAll: 1_000_000 }
  const gateway = await testGateway(t, { redisUrl, limits })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel, history: 3 })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const slow = await Promise.all([1, 2].map(() => slowReader(t, gateway.port, channel)))
  for (const each of slow) each.stopReading()
  let published = 0
  await until(
    async () => {
      await publisher.publish(payload)
      published += payload.length
      return gateway.metric('continuo_gateway_disconnects_total{code="3008"}')
    },
    { what: 'one of them to be sent away', every: 0 },
  )
  assert.ok(published < limits.maxQueuedBytes, `${published} bytes`)
})

test('who reads again in time gets what waited', async (t) => {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, limits: { maxQueuedBytes: 50_000_000 } })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel, history: 3 })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const slow = await slowReader(t, gateway.port, channel)
  slow.stopReading()
  for (const _ of range(2, 101)) await publisher.publish(payload)
  slow.readAgain()
  await until(() => slow.frames().length === 102, { what: 'all frames' })
  assert.equal(slow.closeCode(), undefined)
})

test('who is cut off and reads on nothing has no socket any more after a moment', async (t) => {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, clientLimits: { sockets: 1 } })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel, history: 3 })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const slow = await slowReader(t, gateway.port, channel)
  slow.stopReading()
  await until(
    async () => {
      await publisher.publish(payload)
      return gateway.metric('continuo_gateway_disconnects_total{code="3008"}')
    },
    { what: 'the slow reader to be cut off', every: 0 },
  )
  assert.equal(await gateway.metric('continuo_gateway_connections'), 0)
  const status = async () => (await upgrade(t, gateway)).status
  assert.equal(await status(), 503, 'what waits for it is still there')
  await until(async () => (await status()) === 101, { what: 'its place to be free' })
})
