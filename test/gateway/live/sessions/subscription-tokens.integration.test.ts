import assert from 'node:assert/strict'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { test } from 'node:test'
import { channelTokenOf, testGateway } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { inBoth, listen, sdkClient } from '../../kit/sdk-client.ts'

const channel = 'room:lobby'
const longer = 'room:longer'

inBoth(
  'the token of a channel is refreshed before it ends, and the subscription goes on',
  async (t, spoken) => {
    const gateway = await testGateway(t, await services())
    let tokens = 0
    const getToken = () => channelTokenOf(channel, 'listener-1', (tokens += 1) === 1 ? 2 : 3600)
    const sdk = sdkClient(t, gateway.url, {}, spoken)
    const heard = listen(sdk, channel, { getToken })
    sdk.client.connect()
    await until(() => tokens === 2, { what: 'the refresh' })
    const room = sdk.client.getSubscription(channel)!
    await room.publish(spoken === 'json' ? 'hi' : Buffer.from('"hi"'))
    await until(() => heard.data.length === 1, { what: 'what is published' })
    assert.equal(heard.subscribed.length, 1)
    assert.deepEqual(heard.errors, [])
  },
)

test('a channel whose token ends goes, and can be had again; one that was prolonged stays', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), times: { refreshGrace: 0 } })
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  raw.send({ id: 2, subscribe: { channel, token: await channelTokenOf(channel, 'listener-1', 2) } })
  const { subscribe } = await raw.reply(2)
  raw.send({ id: 20, subscribe: { channel: longer, token: await channelTokenOf(longer, 'listener-1', 2) } })
  raw.send({ id: 21, sub_refresh: { channel: longer, token: await channelTokenOf(longer) } })
  assert.ok((await raw.reply(21)).sub_refresh)
  assert.ok(subscribe!.expires === true && subscribe!.ttl! <= 2)
  const push = await until(() => raw.frames.find((frame) => frame.push?.unsubscribe), { what: 'the end' })
  assert.deepEqual(push.push, { channel, unsubscribe: { code: 2501, reason: 'expired' } })
  raw.send({ id: 3, publish: { channel, data: 1 } })
  assert.equal((await raw.reply(3)).error?.code, 103)
  raw.send({ id: 4, subscribe: { channel, token: await channelTokenOf(channel) } })
  assert.ok((await raw.reply(4)).subscribe)
  raw.send({ id: 5, history: { channel: longer } })
  assert.ok((await raw.reply(5)).history)
})

test('only a right token prolongs a channel, and only one that is there', async (t) => {
  const gateway = await testGateway(t, await services())
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  const refresh = async (id: number, token: string) => {
    raw.send({ id, sub_refresh: { channel, token } })
    return raw.reply(id)
  }
  assert.equal((await refresh(2, await channelTokenOf(channel))).error?.code, 103)
  raw.send({ id: 3, subscribe: { channel, token: await channelTokenOf(channel) } })
  await raw.reply(3)
  assert.equal((await refresh(4, await channelTokenOf('room:other'))).error?.code, 103)
  assert.equal((await refresh(5, await channelTokenOf(channel, 'listener-1', -10))).error?.code, 110)
  const { sub_refresh } = await refresh(6, await channelTokenOf(channel, 'listener-1', 600))
  assert.ok(sub_refresh!.expires && sub_refresh!.ttl > 590 && sub_refresh!.ttl <= 600)
  assert.equal(raw.closed, undefined)
})
