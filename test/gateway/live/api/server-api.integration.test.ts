import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { before, test, type TestContext } from 'node:test'
import { mintToken } from '../../../../gateway/live/access/mint-token.ts'
import { ownChannels } from '../../../../schemas/channels.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenOf, tokenSettings } from '../../kit/gateway.ts'
import { listen, range, sdkClient } from '../../kit/sdk-client.ts'
import { apiKey, callApi } from '../../kit/server-api.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const pseudonymOf = pseudonyms([randomBytes(32)]).listener
const channel = 'artist:a1'
let redisUrl: string
before(async () => {
  ;({ redisUrl } = await services())
})

/** Two gateways; what one is asked for concerns clients of the other. */
async function twoNodes(t: TestContext) {
  const shared = {
    redisUrl,
    keyPrefix: `test-${randomUUID()}:`,
    pseudonymOf,
    apiKeys: [apiKey],
    times: { beatEvery: 50 },
  }
  const [asked, other] = [await testGateway(t, shared), await testGateway(t, shared)]
  const call = (method: string, body?: unknown) => callApi(asked.port, method, body)
  await until(async () => ((await call('info')).result?.['nodes'] as unknown[]).length === 2, {
    what: 'both nodes',
  })
  const client = (sub: string) => {
    const sdk = sdkClient(t, other.url, { getToken: () => tokenOf(sub) })
    sdk.client.connect()
    return sdk
  }
  return { call, client, shared }
}

test('what is published once under an idempotency key reaches clients once, and stands in history', async (t) => {
  const { call, client } = await twoNodes(t)
  const first = (await call('publish', { channel, data: { n: 1 } })).result as {
    offset: number
    epoch: string
  }
  assert.equal(first.offset, 1)
  const heard = listen(client('ann'), channel)
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  const again = { channel, data: { n: 2 }, idempotency_key: 'k' }
  const answers = await Promise.all([call('publish', again), call('publish', again)])
  assert.deepEqual(
    answers.map(({ result }) => result),
    Array(2).fill({ offset: 2, epoch: first.epoch }),
  )
  await call('publish', { channel, data: null })
  await until(() => heard.offsets.length === 2, { what: 'both messages' })
  assert.deepEqual([heard.offsets, heard.data], [range(2, 3), [{ n: 2 }, null]])

  assert.deepEqual((await call('history', { channel })).result, {
    publications: [],
    offset: 3,
    epoch: first.epoch,
  })
  const since = { offset: 1, epoch: first.epoch }
  const page = (await call('history', { channel, limit: 1, since })).result
  assert.partialDeepStrictEqual(page, { publications: [{ offset: 2, data: { n: 2 } }], offset: 3 })
  const lost = await call('history', { channel, limit: 1, since: { ...since, epoch: 'gone' } })
  assert.equal(lost.error?.code, 112)
})

test('a broadcast says of each channel what became of it, and reaches one that is a listener’s own', async (t) => {
  const { call, client } = await twoNodes(t)
  const [ann, bob] = [client('ann'), client('bob')].map((sdk) => listen(sdk, ownChannels.recommendations))
  await until(() => [ann, bob].every((heard) => heard!.subscribed.length === 1), {
    what: 'both subscriptions',
  })
  const channels = [channel, ownChannels.recommendations, 'nowhere', 7]
  const { result } = await call('broadcast', { user: 'ann', channels, data: 'for you' })
  const responses = result?.['responses'] as { result?: { offset: number }; error?: { code: number } }[]
  assert.deepEqual(
    responses.map((each) => each.result?.offset ?? each.error?.code),
    [1, 1, 102, 107],
  )
  await until(() => ann!.data.length === 1, { what: 'the message' })
  assert.deepEqual([ann!.data, bob!.data], [['for you'], []])
  assert.equal((await call('publish', { channel: ownChannels.recommendations, data: 1 })).error?.code, 107)
})

test('listeners are subscribed and unsubscribed where they are connected', async (t) => {
  const { call, client } = await twoNodes(t)
  const { client: sdk } = client('ann')
  const told: string[] = []
  sdk.on('subscribed', ({ channel: name }) => told.push(`in ${name}`))
  sdk.on('unsubscribed', ({ channel: name }) => told.push(`out of ${name}`))
  sdk.on('publication', ({ data }) => told.push(String(data)))
  await sdk.ready()
  await call('publish', { channel, data: 'before' })
  assert.deepEqual((await call('subscribe', { user: 'ann', channel })).result, {})
  await until(() => told.length === 1, { what: 'the subscription' })
  await call('publish', { channel, data: 'hello' })
  await until(() => told.length === 2, { what: 'the message' })
  await call('unsubscribe', { listener: pseudonymOf('ann'), channel })
  await until(() => told.length === 3, { what: 'the end' })
  assert.deepEqual(told, [`in ${channel}`, 'hello', `out of ${channel}`])
  assert.equal((await call('subscribe', { user: 'ann', channel: 'nowhere' })).error?.code, 102)
})

test('whoever is subscribed before the first message ever has it, and keeps the connection', async (t) => {
  const { call, client } = await twoNodes(t)
  const [ann, bob] = [client('ann'), client('bob')]
  const heardByBob = listen(bob, 'artist:new')
  await until(() => heardByBob.subscribed.length === 1, { what: 'bob, by himself' })
  const told: unknown[] = []
  ann.client.on('publication', ({ data }) => told.push(data))
  ann.client.on('subscribed', ({ channel: name }) => told.push(name))
  await ann.client.ready()
  await call('subscribe', { user: 'ann', channel: 'artist:new' })
  await until(() => told.length === 1, { what: 'the subscription' })
  for (const data of ['one', 'two']) await call('publish', { channel: 'artist:new', data })
  await until(() => told.length === 3, { what: 'the messages' })
  assert.deepEqual(told, ['artist:new', 'one', 'two'])
  assert.equal(ann.states.filter(({ state }) => state === 'connected').length, 1)
  await until(() => heardByBob.data.length === 2, { what: 'the messages of bob' })
  assert.deepEqual(heardByBob.data, ['one', 'two'])
})

test('who is in a room is told, by pseudonym; elsewhere it is not known', async (t) => {
  const { call, client } = await twoNodes(t)
  const room = 'room:one'
  const ann = client('ann')
  const heard = listen(ann, room, {
    getToken: () => mintToken({ ...tokenSettings, sub: 'ann', ttlSeconds: 60, channel: room }),
  })
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  await until(async () => (await call('presence_stats', { channel: room })).result?.['num_clients'] === 1, {
    what: 'her to be there',
  })
  const { presence } = (await call('presence', { channel: room })).result as {
    presence: Record<string, { client: string; user: string }>
  }
  assert.deepEqual(
    Object.values(presence).map(({ user }) => user),
    [pseudonymOf('ann')],
  )
  assert.equal((await call('presence', { channel })).error?.code, 108)
})

test('who is logged out while a node does not hear is not said to be', async (t) => {
  const { call, shared } = await twoNodes(t)
  const wire = await tcpProxy(Number(new URL(redisUrl).port))
  t.after(() => wire.close())
  const deaf = await testGateway(t, {
    ...shared,
    redisUrl: `redis://127.0.0.1:${wire.port}`,
    times: { beatEvery: 50, nodeLife: 5_000 },
  })
  await until(async () => ((await call('info')).result?.['nodes'] as unknown[]).length === 3, {
    what: 'the third node',
  })
  assert.deepEqual((await call('disconnect', { user: 'ann' })).result, {})
  wire.cut()
  await until(async () => (await call('disconnect', { user: 'ann' })).error?.code === 100, {
    what: 'the call to say that not all heard',
  })
  wire.mend()
  await until(async () => (await call('disconnect', { user: 'ann' })).result, { what: 'all to hear again' })
  await deaf.stop()
})
