import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { channels, ownChannels } from '../../../../schemas/channels.ts'
import { mintToken } from '../../../../gateway/live/access/mint-token.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenSettings } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { inBoth, range, sdkClient, type Spoken } from '../../kit/sdk-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const channel = channels.topArtists

const tokenNaming = (named: string[], sub = 'ada') =>
  mintToken({ ...tokenSettings, sub, ttlSeconds: 600, channels: named })

/** A client whose token names channels, what it hears of them, and a wire to cut. */
async function setUp(t: TestContext, spoken: Spoken) {
  const { redisUrl } = await services()
  const gateway = await testGateway(t, { redisUrl })
  const publisher = testPublisher({ redisUrl, keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.publish(1)
  const wire = await tcpProxy(gateway.port)
  t.after(() => wire.close())
  const named = [channel, ownChannels.recommendations, 'nothing:here']
  const getToken = () => tokenNaming(named)
  const url = `ws://127.0.0.1:${wire.port}/connection/websocket`
  const sdk = sdkClient(t, url, { getToken }, spoken)
  const subscribed: { channel: string; recovered: boolean }[] = []
  const offsets: number[] = []
  sdk.client.on('subscribed', (context) => subscribed.push(context))
  sdk.client.on('publication', ({ offset }) => offsets.push(offset!))
  sdk.client.connect()
  await until(() => subscribed.length === 2, { what: 'both channels' })
  return { gateway, publisher, wire, sdk, subscribed, offsets }
}

inBoth(
  'a token names channels, and what is missed in them comes with the next connect',
  async (t, spoken) => {
    const { gateway, publisher, wire, subscribed, offsets } = await setUp(t, spoken)
    assert.deepEqual(
      subscribed.map((each) => each.channel),
      [channel, ownChannels.recommendations],
    )
    assert.match(gateway.logged(), /names a channel that its listener cannot have/)
    await publisher.publish(2)
    await until(() => offsets.length === 1, { what: 'a publication' })
    wire.cut()
    for (const n of range(3, 20)) await publisher.publish(n)
    wire.mend()
    for (const n of range(21, 40)) await publisher.publish(n)
    await until(() => offsets.length >= 39, { what: 'all publications' })
    assert.deepEqual(offsets, range(2, 40))
    assert.equal(subscribed.at(-2)!.recovered, true)
  },
)

inBoth(
  'a stream that begins anew has the client of a named channel connect anew, and know',
  async (t, spoken) => {
    const { publisher, sdk, subscribed, offsets } = await setUp(t, spoken)
    await publisher.newEpoch('second')
    await publisher.publish('new')
    await until(() => subscribed.length === 4, { what: 'both channels again' })
    assert.equal(subscribed.find((each, at) => at >= 2 && each.channel === channel)!.recovered, false)
    assert.ok(sdk.states.some(({ code }) => code === 3010))
    await publisher.publish('newer')
    await until(() => offsets.includes(2), { what: 'the next publication' })
  },
)

test('what is published while channels are joined comes behind the answer to connect', async (t) => {
  const { gateway, publisher } = await setUp(t, 'json')
  let published = 1
  const pauses = new AbortController()
  const publishing = (async () => {
    while (!pauses.signal.aborted) published = await publisher.publish(published + 1)
  })()
  for (const n of range(1, 20)) {
    const raw = await rawClient(t, gateway.url)
    // Nobody else has their own channel: Redis is asked about it while the other one is joined already.
    const token = await tokenNaming([channel, ownChannels.recommendations], `listener-${n}`)
    raw.send({ id: 1, connect: { token } })
    const { connect } = await raw.reply(1)
    assert.equal(raw.frames[0]!.id, 1)
    const { offset } = connect!.subs![channel]!
    const pushes = () => raw.frames.flatMap(({ push }) => (push?.pub ? [push.pub.offset] : []))
    await until(() => pushes().length >= 3, { what: 'some publications', every: 1 })
    assert.deepEqual(pushes().slice(0, 3), range(offset + 1, offset + 3))
    raw.close()
  }
  pauses.abort()
  await publishing
})
