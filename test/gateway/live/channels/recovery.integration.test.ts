import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { inBoth, listen, range, sdkClient, type SdkClient, type Spoken } from '../../kit/sdk-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const channel = channels.topArtists

/** A gateway, a publisher, and a wire to cut between the gateway and its clients. */
async function setUp(t: TestContext, spoken: Spoken, { history = 100 } = {}) {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const gateway = await testGateway(t, { redisUrl, keyPrefix })
  const publisher = testPublisher({ redisUrl, keyPrefix, channel, history })
  t.after(() => publisher.close())
  const wire = await tcpProxy(gateway.port)
  t.after(() => wire.close())
  const url = `ws://127.0.0.1:${wire.port}/connection/websocket`
  const sdk = sdkClient(t, url, {}, spoken)
  return { gateway, publisher, wire, sdk, other: () => sdkClient(t, url, {}, spoken) }
}

function heardBy(sdk: SdkClient) {
  const heard = listen(sdk, channel)
  sdk.client.connect()
  return heard
}

inBoth(
  'a client hears what is published while it is subscribed, and nothing from before',
  async (t, spoken) => {
    const { publisher, sdk, other } = await setUp(t, spoken)
    await publisher.publish({ n: 'before' })
    const heard = heardBy(sdk)
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
    const heardLater = heardBy(other())
    await until(() => heardLater.subscribed.length === 1, { what: 'the subscription of another client' })
    assert.equal(heard.offsets.length, 19)
  },
)

inBoth('a client that lost its connection gets all that it missed, once, in order', async (t, spoken) => {
  const { gateway, publisher, wire, sdk } = await setUp(t, spoken)
  await publisher.publish(1)
  const heard = heardBy(sdk)
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

inBoth('a client that missed nothing has recovered nothing, and all', async (t, spoken) => {
  const { publisher, wire, sdk } = await setUp(t, spoken)
  await publisher.publish(1)
  const heard = heardBy(sdk)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  wire.cut()
  wire.mend()
  await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
  assert.equal(heard.subscribed[1]!.recovered, true)
  assert.deepEqual(heard.offsets, [])
})

inBoth('who missed more than is kept is told so, and gets no part of it', async (t, spoken) => {
  const { publisher, wire, sdk } = await setUp(t, spoken, { history: 10 })
  const heard = heardBy(sdk)
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

inBoth(
  'a stream that began anew while the client was away is not taken for its continuation',
  async (t, spoken) => {
    const { publisher, wire, sdk } = await setUp(t, spoken)
    // Before the client comes: the first publication ever makes whoever is there already subscribe again.
    await publisher.publish('old')
    const heard = heardBy(sdk)
    await until(() => heard.subscribed.length === 1, { what: 'the subscription' })

    wire.cut()
    await publisher.newEpoch('second')
    for (const n of range(1, 5)) await publisher.publish(n)
    wire.mend()
    await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
    assert.equal(heard.subscribed[1]!.recovered, false)
    assert.deepEqual(heard.subscribed[1]!.streamPosition, { offset: 5, epoch: 'second' })
  },
)

inBoth(
  'a stream that begins anew under a connected client makes it resubscribe and know',
  async (t, spoken) => {
    const { publisher, sdk } = await setUp(t, spoken)
    await publisher.publish('old')
    const heard = heardBy(sdk)
    await until(() => heard.subscribed.length === 1, { what: 'the subscription' })

    await publisher.newEpoch('second')
    await publisher.publish('new')
    await until(() => heard.subscribed.length === 2, { what: 'the subscription again' })
    assert.equal(heard.subscribed[1]!.recovered, false)
    assert.deepEqual(heard.subscribed[1]!.streamPosition, { offset: 1, epoch: 'second' })
    await publisher.publish('newer')
    await until(() => heard.data.includes('newer'), { what: 'the next publication' })
    assert.equal(sdk.states.filter(({ state }) => state === 'connected').length, 1)
  },
)

inBoth('who waits for the first publication ever misses none of them', async (t, spoken) => {
  const { publisher, sdk } = await setUp(t, spoken)
  const heard = heardBy(sdk)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  assert.deepEqual(heard.subscribed[0]!.streamPosition, { offset: 0, epoch: '' })
  for (const n of range(1, 10)) await publisher.publish(n)
  await until(() => heard.offsets.length >= 10, { what: 'all publications' })
  assert.deepEqual(heard.offsets, range(1, 10))
})

inBoth('a message that Pub/Sub lost is found by the next one', async (t, spoken) => {
  const { publisher, sdk } = await setUp(t, spoken)
  await publisher.publish(1)
  const heard = heardBy(sdk)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await publisher.publish(2)
  await publisher.publishUnheard(3)
  await publisher.publishUnheard(4)
  await publisher.publish(5)
  await until(() => heard.offsets.at(-1) === 5, { what: 'all publications' })
  assert.deepEqual(heard.offsets, [2, 3, 4, 5])
})

inBoth('a message that Pub/Sub lost is found without a next one', async (t, spoken) => {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl, times: { positionCheckEvery: 50 } })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.publish(1)
  const heard = heardBy(sdkClient(t, gateway.url, {}, spoken))
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await publisher.publishUnheard(2)
  await until(() => heard.offsets.length === 1, { what: 'the unheard publication' })
  assert.deepEqual(heard.offsets, [2])
})
