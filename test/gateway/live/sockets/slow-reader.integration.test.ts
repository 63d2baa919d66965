import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { GatewayOptions } from '../../../../gateway/live/options.ts'
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

/** A gateway, and a channel that has begun. */
async function setUp(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, ...options })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel, history: 3 })
  t.after(() => publisher.close())
  await publisher.publish('first')

  /** Until the kernel's buffers and then a queue are full. Answers how many messages that took. */
  async function publishUntilOneIsSentAway(): Promise<number> {
    let published = 0
    await until(
      async () => {
        await publisher.publish(payload)
        published++
        return gateway.metric('continuo_gateway_disconnects_total{code="3008"}')
      },
      { what: 'a slow reader to be sent away', every: 0 },
    )
    return published
  }
  return { gateway, publisher, publishUntilOneIsSentAway }
}

test('who does not read is cut off with the code to return, and the others hear everything', async (t) => {
  const { gateway, publishUntilOneIsSentAway } = await setUp(t)
  const sdk = sdkClient(t, gateway.url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  const slow = await slowReader(t, gateway.port, channel)
  slow.stopReading()

  const sent = 1 + (await publishUntilOneIsSentAway())
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
  const limits = { maxQueuedBytes: 50_000_000, maxQueuedBytesOfAll: 1_000_000 }
  const { gateway, publishUntilOneIsSentAway } = await setUp(t, { limits })
  const slow = await Promise.all([1, 2].map(() => slowReader(t, gateway.port, channel)))
  for (const each of slow) each.stopReading()
  const published = payload.length * (await publishUntilOneIsSentAway())
  assert.ok(published < limits.maxQueuedBytes, `${published} bytes`)
})

test('who reads again in time gets what waited', async (t) => {
  const { gateway, publisher } = await setUp(t, { limits: { maxQueuedBytes: 50_000_000 } })
  const slow = await slowReader(t, gateway.port, channel)
  slow.stopReading()
  for (const _ of range(2, 101)) await publisher.publish(payload)
  slow.readAgain()
  await until(() => slow.frames().length === 102, { what: 'all frames' })
  assert.equal(slow.closeCode(), undefined)
})

test('who is cut off and reads on nothing has no socket any more after a moment', async (t) => {
  const { gateway, publishUntilOneIsSentAway } = await setUp(t, { clientLimits: { sockets: 1 } })
  const slow = await slowReader(t, gateway.port, channel)
  slow.stopReading()
  await publishUntilOneIsSentAway()
  assert.equal(await gateway.metric('continuo_gateway_connections'), 0)
  const status = async () => (await upgrade(t, gateway)).status
  assert.equal(await status(), 503, 'what waits for it is still there')
  await until(async () => (await status()) === 101, { what: 'its place to be free' })
})
