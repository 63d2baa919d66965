import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenOf, tokenSettings } from '../../kit/gateway.ts'
import { signedBy, testKey } from '../../kit/key-server.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { inBoth, listen, sdkClient } from '../../kit/sdk-client.ts'

const channel = channels.topArtists

test('connect and subscribe in one frame, then unsubscribe', async (t) => {
  const pseudonymOf = pseudonyms([randomBytes(32)]).listener
  const gateway = await testGateway(t, { ...(await services()), pseudonymOf })
  const publisher = testPublisher({ ...(await services()), keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const raw = await rawClient(t, gateway.url)
  raw.send({ id: 7, connect: { token: await tokenOf() } }, { id: 8, subscribe: { channel } })
  const connected = (await raw.reply(7)).connect!
  assert.match(connected.client, /^[0-9a-f-]{36}$/)
  assert.deepEqual({ ping: connected.ping, pong: connected.pong }, { ping: 25, pong: true })
  assert.deepEqual(connected.data, { listener: pseudonymOf('listener-1') })
  assert.equal(connected.expires, true)
  assert.ok(connected.ttl > 3590 && connected.ttl <= 3600)
  assert.equal((await raw.reply(8)).subscribe!.offset, 1)
  assert.equal(await gateway.metric('continuo_gateway_subscriptions'), 1)

  await publisher.publish({ n: 2 })
  const push = await until(() => raw.frames.find((frame) => frame.push), { what: 'the push' })
  assert.deepEqual(push, { push: { channel, pub: { offset: 2, data: { n: 2 } } } })

  raw.send({ id: 9, subscribe: { channel } }, { id: 10, unsubscribe: { channel } }, { id: 11, ping: {} })
  assert.equal((await raw.reply(9)).error?.code, 105)
  assert.deepEqual(await raw.reply(10), { id: 10, unsubscribe: {} })
  assert.deepEqual(await raw.reply(11), { id: 11, ping: {} })
  assert.equal(await gateway.metric('continuo_gateway_subscriptions'), 0)
  const [, listeners] = await publisher.redis.pubsub(
    'SHARDNUMSUB',
    `${gateway.keyPrefix}channel:{${channel}}:publish`,
  )
  assert.equal(listeners, 0, 'Redis sends nothing that nobody wants')
})

test('who has sent connect, and waits for the node to look at it, is not sent away as stale', async (t) => {
  const key = await testKey('slow')
  const looked = Promise.withResolvers<typeof key.publicKey>()
  const gateway = await testGateway(t, {
    ...(await services()),
    token: { ...tokenSettings, keys: () => looked.promise },
    times: { connectWithin: 50 },
  })
  const { issuer: iss, audience: aud } = tokenSettings
  const now = Math.floor(Date.now() / 1_000)
  const token = await signedBy(key, { iss, aud, sub: 'ada', iat: now, exp: now + 60 })
  const asks = await rawClient(t, gateway.url)
  asks.send({ id: 1, connect: { token } })
  const silent = await rawClient(t, gateway.url)
  await until(() => silent.closed, { what: 'the silent one to be closed' })
  assert.equal(silent.closed?.code, 3502)
  looked.resolve(key.publicKey)
  assert.ok((await asks.reply(1)).connect)
})

test('many sockets share one Redis subscription, and each joins and leaves as it likes', async (t) => {
  const gateway = await testGateway(t, await services())
  const publisher = testPublisher({ ...(await services()), keyPrefix: gateway.keyPrefix, channel })
  t.after(() => publisher.close())
  await publisher.publish('first')
  const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(t, gateway.url)))
  await Promise.all(
    clients.map(async (client) => {
      await client.connect()
      client.send({ id: 2, subscribe: { channel } })
      await client.reply(2)
    }),
  )
  const listeners = async () =>
    (await publisher.redis.pubsub('SHARDNUMSUB', `${gateway.keyPrefix}channel:{${channel}}:publish`))[1]
  assert.equal(await listeners(), 1)
  for (const client of clients.slice(1)) client.close()
  await until(async () => (await gateway.metric('continuo_gateway_connections')) === 1, {
    what: 'one socket left',
  })
  await publisher.publish({ receivedAt: [Date.now() - 40_000] })
  await until(() => clients[0]!.frames.some((frame) => frame.push), { what: 'the push' })
  assert.equal(await gateway.metric('continuo_gateway_disconnects_total{code="3000"}'), 19)
  const latencyUpTo = (seconds: number) =>
    gateway.metric(`continuo_gateway_latency_seconds_bucket{le="${seconds}",channel="${channel}"}`)
  assert.deepEqual([await latencyUpTo(15), await latencyUpTo(60)], [0, 1])
  assert.match(await gateway.metrics(), /continuo_gateway_fan_out_seconds_count 1\n/)
  assert.ok((await gateway.metric('continuo_gateway_sent_messages_total')) >= 41)
  assert.ok((await gateway.metric('continuo_gateway_sent_bytes_total')) > 1000)
})

inBoth(
  'the client answers pings and stays; who does not is sent away with leave to return',
  async (t, spoken) => {
    const gateway = await testGateway(t, {
      ...(await services()),
      times: { pingEvery: 500, pongWithin: 400 },
    })
    const sdk = sdkClient(t, gateway.url, {}, spoken)
    sdk.client.connect()
    const mute = await rawClient(t, gateway.url)
    await mute.connect()
    await until(() => mute.closed, { what: 'the mute client to be closed' })
    assert.deepEqual(mute.closed, { code: 3012, reason: 'no pong' })
    const pings = mute.frames.filter((frame) => Object.keys(frame).length === 0)
    assert.equal(pings.length, 1)
    await until(async () => (await gateway.metric('continuo_gateway_sent_messages_total')) >= 6, {
      what: 'more pings',
    })
    assert.deepEqual(
      sdk.states.map(({ state }) => state),
      ['connecting', 'connected'],
    )
  },
)

test('who never says connect is closed', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), times: { connectWithin: 50 } })
  const raw = await rawClient(t, gateway.url)
  await until(() => raw.closed, { what: 'the close' })
  assert.equal(raw.closed?.code, 3502)
})

inBoth('a token is refreshed before it ends, and the connection goes on', async (t, spoken) => {
  const gateway = await testGateway(t, { ...(await services()), times: { refreshGrace: 1_000 } })
  let tokens = 0
  const getToken = () => {
    tokens++
    return tokenOf('listener-1', tokens === 1 ? 2 : 3600)
  }
  const sdk = sdkClient(t, gateway.url, { getToken }, spoken)
  sdk.client.connect()
  await until(() => tokens === 2, { what: 'the refresh' })
  await sdk.client.ready()
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  raw.send({ id: 2, refresh: { token: await tokenOf('listener-1', 600) } })
  const { refresh } = await raw.reply(2)
  assert.ok(refresh!.ttl > 590 && refresh!.ttl <= 600)
  assert.equal(sdk.states.filter(({ state }) => state === 'connected').length, 1)
})

test('a token that is not refreshed ends the connection, and the client returns with a new one', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), times: { refreshGrace: 0 } })
  const raw = await rawClient(t, gateway.url)
  raw.send({ id: 1, connect: { token: await tokenOf('listener-1', 2) } })
  await until(() => raw.closed, { what: 'the close' })
  assert.deepEqual(raw.closed, { code: 3005, reason: 'connection expired' })
})

inBoth('a stopping gateway sends its clients away with leave to return', async (t, spoken) => {
  const gateway = await testGateway(t, await services())
  const delays = { minReconnectDelay: 60_000, maxReconnectDelay: 60_000 }
  const sdk = sdkClient(t, gateway.url, delays, spoken)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await gateway.stop()
  await until(() => sdk.states.length === 3, { what: 'the client to know' })
  assert.deepEqual(sdk.states[2], { state: 'connecting', code: 3001, reason: 'shutdown' })
  assert.deepEqual(raw.closed, { code: 3001, reason: 'shutdown' })
  await assert.rejects(fetch(`http://127.0.0.1:${gateway.port}/`), 'nobody listens any more')
  assert.equal(gateway.ready(), false)
})

test('a taken port is an error that names it, not a port shared in silence', async (t) => {
  const gateway = await testGateway(t, await services())
  await assert.rejects(testGateway(t, { ...(await services()), port: gateway.port }), {
    name: 'GatewayError',
    option: 'port',
    message: new RegExp(`:${gateway.port}: it is in use`),
  })
})

test('other paths say where the gateway is', async (t) => {
  const gateway = await testGateway(t, await services())
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/elsewhere`)
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /\/connection\/websocket/)
})

test('who asks for the WebSocket as for a page is told what it is', async (t) => {
  const gateway = await testGateway(t, await services())
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/connection/websocket`)
  assert.equal(answer.status, 426)
  assert.match(await answer.text(), /this is a WebSocket/)
})
