import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { listen, range, sdkClient } from '../../kit/sdk-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const channel = channels.topArtists

/** A gateway, a publisher, and a wire to cut between the gateway and its clients. */
async function setUp(t: TestContext, { history = 100 } = {}) {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const gateway = await testGateway(t, { redisUrl, keyPrefix })
  const publisher = testPublisher({ redisUrl, keyPrefix, channel, history })
  t.after(() => publisher.close())
  const wire = await tcpProxy(gateway.port)
  t.after(() => wire.close())
  const url = `ws://127.0.0.1:${wire.port}/connection/websocket`
  return { gateway, publisher, wire, url }
}

test('a client hears what is published while it is subscribed, and nothing from before', async (t) => {
  const { publisher, url } = await setUp(t)
  await publisher.publish({ n: 'before' })
  const sdk = sdkClient(t, url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  assert.deepEqual(heard.subscribed[0]!.streamPosition, { offset: 1, epoch: 'first' })
  assert.equal(heard.subscribed[0]!.recoverable, true)
  assert.equal(heard.subscribed[0]!.positioned, true)
  assert.equal(heard.subscribed[0]!.wasRecovering, false)

  for (const n of range(2, 20)) await publisher.publish({ n })
  await until(() => heard.offsets.length === 19, { what: '19 publications' })
  assert.deepEqual(heard.offsets, range(2, 20))
  assert.deepEqual(
    heard.data,
    range(2, 20).map((n) => ({ n })),
  )

  heard.unsubscribe()
  await publisher.publish({ n: 21 })
  const other = listen(sdkConnected(t, url), channel)
  await until(() => other.subscribed.length === 1, { what: 'the subscription of another client' })
  assert.equal(heard.offsets.length, 19)
})

function sdkConnected(t: TestContext, url: string) {
  const sdk = sdkClient(t, url)
  sdk.client.connect()
  return sdk
}

test('a client that lost its connection gets all that it missed, once, in order', async (t) => {
  const { gateway, publisher, wire, url } = await setUp(t)
  await publisher.publish(1)
  const sdk = sdkConnected(t, url)
  const heard = listen(sdk, channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await publisher.publish(2)
  await until(() => heard.offsets.length === 1, { what: 'the first publication' })

  wire.cut()
  for (const n of range(3, 50)) await publisher.publish(n)
  wire.mend()
  // Live messages go on while the client recovers.
  for (const n of range(51, 90)) await publisher.publish(n)
  await until(() => heard.offsets.length >= 89, { what: 'all publications' })
  assert.deepEqual(heard.offsets, range(2, 90))
  assert.deepEqual(heard.data, range(2, 90))
  assert.equal(heard.subscribed[1]!.wasRecovering, true)
  assert.equal(heard.subscribed[1]!.recovered, true)
  assert.equal(await gateway.metric('continuo_gateway_recoveries_total{recovered="true"}'), 1)
})

test('a client that missed nothing has recovered nothing, and all', async (t) => {
  const { publisher, wire, url } = await setUp(t)
  await publisher.publish(1)
  const heard = listen(sdkConnected(t, url), channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  wire.cut()
  wire.mend()
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
  assert.equal(heard.subscribed[1]!.recovered, true)
  assert.deepEqual(heard.offsets, [])
})

test('who missed more than is kept is told so, and gets no part of it', async (t) => {
  const { publisher, wire, url } = await setUp(t, { history: 10 })
  const sdk = sdkConnected(t, url)
  const heard = listen(sdk, channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })

  wire.cut()
  for (const n of range(1, 11)) await publisher.publish(n)
  wire.mend()
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
  assert.equal(heard.subscribed[1]!.wasRecovering, true)
  assert.equal(heard.subscribed[1]!.recovered, false)
  assert.equal(heard.subscribed[1]!.streamPosition!.offset, 11)
  await publisher.publish(12)
  await until(() => heard.offsets.length === 1, { what: 'the next publication' })
  assert.deepEqual(heard.offsets, [12])
})

test('a stream that began anew while the client was away is not taken for its continuation', async (t) => {
  const { publisher, wire, url } = await setUp(t)
  // Before the client comes: the first publication ever makes whoever is there already subscribe again.
  await publisher.publish('old')
  const sdk = sdkConnected(t, url)
  const heard = listen(sdk, channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })

  wire.cut()
  await publisher.newEpoch('second')
  for (const n of range(1, 5)) await publisher.publish(n)
  wire.mend()
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
  assert.equal(heard.subscribed[1]!.recovered, false)
  assert.deepEqual(heard.subscribed[1]!.streamPosition, { offset: 5, epoch: 'second' })
})

test('a stream that begins anew under a connected client makes it resubscribe and know', async (t) => {
  const { publisher, url } = await setUp(t)
  await publisher.publish('old')
  const sdk = sdkConnected(t, url)
  const heard = listen(sdk, channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })

  await publisher.newEpoch('second')
  await publisher.publish('new')
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
  assert.equal(heard.subscribed[1]!.recovered, false)
  assert.deepEqual(heard.subscribed[1]!.streamPosition, { offset: 1, epoch: 'second' })
  await publisher.publish('newer')
  await until(() => heard.data.includes('newer'), { what: 'the next publication' })
  assert.equal(sdk.states.filter(({ state }) => state === 'connected').length, 1)
})

test('who waits for the first publication ever misses none of them', async (t) => {
  const { publisher, url } = await setUp(t)
  const sdk = sdkConnected(t, url)
  const heard = listen(sdk, channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  assert.deepEqual(heard.subscribed[0]!.streamPosition, { offset: 0, epoch: '' })
  for (const n of range(1, 10)) await publisher.publish(n)
  await until(() => heard.offsets.length >= 10, { what: 'all publications' })
  assert.deepEqual(heard.offsets, range(1, 10))
})

test('a message that Pub/Sub lost is found by the next one', async (t) => {
  const { publisher, url } = await setUp(t)
  await publisher.publish(1)
  const heard = listen(sdkConnected(t, url), channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await publisher.publish(2)
  await publisher.publishUnheard(3)
  await publisher.publishUnheard(4)
  await publisher.publish(5)
  await until(() => heard.offsets.at(-1) === 5, { what: 'all publications' })
  assert.deepEqual(heard.offsets, [2, 3, 4, 5])
})

test('a message that Pub/Sub lost is found without a next one', async (t) => {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, times: { positionCheckEvery: 50 } })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.publish(1)
  const heard = listen(sdkConnected(t, gateway.url), channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await publisher.publishUnheard(2)
  await until(() => heard.offsets.length === 1, { what: 'the unheard publication' })
  assert.deepEqual(heard.offsets, [2])
})
