import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { type TestContext, after, before, test } from 'node:test'
import { connectedRedis } from '../../../cli/redis/connected.ts'
import { revoke } from '../../../gateway/live/access/revoke.ts'
import { SlidingWindow } from '../../../gateway/live/limits/sliding-window.ts'
import { channelKeys } from '../../../schemas/channels.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import { type TestCluster, redisCluster, shareOf } from '../../kit/redis-cluster.ts'
import { until } from '../../kit/until.ts'
import { type TestGateway, channelTokenOf, testGateway, tokenOf } from '../kit/gateway.ts'
import { listen, range, sdkClient } from '../kit/sdk-client.ts'
import { apiKey, callApi } from '../kit/server-api.ts'
import { tcpProxy } from '../kit/tcp-proxy.ts'

const keyPrefix = `test-${randomUUID()}:`
const pseudonymOf = pseudonyms([randomBytes(32)]).listener

let cluster: TestCluster
let gateways: [TestGateway, TestGateway]
const ends: (() => unknown)[] = []
before(async () => {
  cluster = await redisCluster()
  const shared = {
    redisUrl: cluster.url,
    keyPrefix,
    pseudonymOf,
    apiKeys: [apiKey],
    clientLimits: { connectsPerMinute: 1_000, commandsPerMinute: 1_000, publishesPerMinute: 4 },
    times: { beatEvery: 50, positionCheckEvery: 600_000, presenceLife: 1_000 },
  }
  const after = (end: () => unknown) => ends.push(end)
  gateways = [await testGateway({ after }, shared), await testGateway({ after }, shared)]
  await until(async () => (await info()).length === 2, { what: 'both gateways to know one another' })
})
after(async () => {
  for (const end of ends) await end()
  await cluster.close()
})

const call = (method: string, body?: unknown) => callApi(gateways[0].port, method, body)
const info = async () => (await call('info')).result?.['nodes'] as unknown[]

/** A channel that is another one in each test, and lies with this primary: the first has a replica. */
function channelAt(primary: number): string {
  for (;;) {
    const channel = `artist:${randomUUID()}`
    if (shareOf(channelKeys(keyPrefix, channel).log) === primary) return channel
  }
}

async function published(channel: string, data: unknown): Promise<{ epoch: string; offset: number }> {
  const { result, error } = await call('publish', { channel, data })
  assert.ok(result, JSON.stringify(error))
  return result as { epoch: string; offset: number }
}

/** Who has a channel at the gateway that is not asked to publish. */
async function listening(t: TestContext, channel: string) {
  const sdk = sdkClient(t, gateways[1].url)
  const heard = listen(sdk, channel)
  sdk.client.connect()
  await until(() => heard.subscribed.length === 1, { what: 'the subscription' })
  return heard
}

test('what is published at one gateway reaches clients of both, wherever the channel lies', async (t) => {
  const channels = [0, 1, 2].map(channelAt)
  const clients = gateways.map(({ url }) => sdkClient(t, url))
  const heard = clients.flatMap((sdk) => channels.map((channel) => listen(sdk, channel)))
  for (const { client } of clients) client.connect()
  await until(() => heard.every(({ subscribed }) => subscribed.length === 1), { what: 'all subscriptions' })
  for (const n of range(1, 3)) {
    const { result } = await call('broadcast', { channels, data: n })
    assert.deepEqual(
      (result!['responses'] as { result: { offset: number } }[]).map((each) => each.result.offset),
      [n, n, n],
    )
  }
  await until(() => heard.every(({ offsets }) => offsets.length === 3), { what: 'all messages' })
  for (const each of heard) assert.deepEqual([each.offsets, each.data], [range(1, 3), range(1, 3)])
})

test('of a listener at either gateway all is known that gateways share', async (t) => {
  const channel = 'room:lobby'
  const getToken = () => channelTokenOf(channel, 'ada')
  const [one, other] = gateways.map(({ url }) => {
    const sdk = sdkClient(t, url, { getToken: () => tokenOf('ada') })
    const room = sdk.client.newSubscription(channel, { getToken, joinLeave: true })
    room.subscribe()
    sdk.client.connect()
    return { ...sdk, room }
  })
  await Promise.all([one!.room.ready(), other!.room.ready()])
  await until(async () => (await one!.room.presenceStats()).numClients === 2, { what: 'both in the room' })
  for (const [n, { room }] of [one!, other!, one!, other!].entries()) await room.publish(n)
  // The limit of a channel is one for both.
  await assert.rejects(one!.room.publish(4), { code: 111 })
  const { publications } = await other!.room.history({ limit: 10 })
  assert.deepEqual(
    publications.map(({ data }) => data as unknown),
    range(0, 3),
  )
  for (const gateway of gateways)
    assert.doesNotMatch(await gateway.metrics(), /limits_unknown_total\{/, 'every limit could be counted')
  const sessions = async () =>
    Object.keys((await call('connections', { user: 'ada' })).result!['connections'] as object)
  await until(async () => (await sessions()).length === 2, { what: 'both sessions' })

  // Said to all nodes, and all have heard it.
  assert.deepEqual((await call('disconnect', { user: 'ada' })).result, {})
  await until(() => other!.states.some(({ state }) => state === 'disconnected'), { what: 'the log-out' })
})

test('what is asked of all servers at once is asked of each', async (t) => {
  const redis = await connectedRedis(cluster.url)
  t.after(() => redis.disconnect())
  const counted = { keyPrefix: `${keyPrefix}limit:`, limit: 1, lengthMs: 60_000 }
  const window = new SlidingWindow({ redis, ...counted, now: () => performance.now() })
  const taken = await Promise.all(range(1, 30).flatMap((n) => [window.take(`k${n}`), window.take(`k${n}`)]))
  assert.equal(taken.filter(({ retryMs }) => retryMs === undefined).length, 30)
})

test('tokens are revoked at every gateway', async (t) => {
  const sdks = gateways.map(({ url }) => sdkClient(t, url, { getToken: () => tokenOf('eve') }))
  for (const { client } of sdks) client.connect()
  await Promise.all(sdks.map(({ client }) => client.ready()))
  const redis = await connectedRedis(cluster.url)
  t.after(() => redis.disconnect())
  const listener = pseudonymOf('eve')
  const heard = await revoke(
    { redis, keyPrefix, lifeMs: 60_000 },
    { listener, issuedBefore: Date.now() + 1_000 },
  )
  assert.equal(heard, 2)
  await until(() => sdks.every(({ states }) => states.some(({ state }) => state === 'disconnected')), {
    what: 'both to be sent away',
  })
})

test('a gateway that took it for one server, as it did not answer, is done when it sees better', async (t) => {
  const wire = await tcpProxy(Number(new URL(cluster.url).port))
  t.after(() => wire.close())
  wire.cut()
  let isDone = false
  const onDone = () => (isDone = true)
  const gateway = await testGateway(t, { redisUrl: `redis://127.0.0.1:${wire.port}`, onDone })
  assert.match(gateway.logged(), /taken for one server/)
  wire.mend()
  await until(() => isDone, { what: 'the gateway to say that it is done' })
  assert.match(gateway.logged(), /redis is a cluster.*start again/)
})

test('a slot that is moved takes its channels along, and who has them is told that they begin anew', async (t) => {
  const channel = channelAt(1)
  const before = await published(channel, 1)
  const heard = await listening(t, channel)
  await cluster.moveSlotOf(channelKeys(keyPrefix, channel).log, 1, 2)
  const after = await published(channel, 2)
  assert.notEqual(after.epoch, before.epoch)
  // Sooner than by the next look at the cluster.
  await until(() => heard.subscribed.length === 2, { what: 'who has it to be told', within: 3_000 })
  assert.equal(heard.subscribed[1]!.recovered, false)
  await published(channel, 3)
  await until(() => heard.data.at(-1) === 3, { what: 'what comes then' })
})

test('a primary that is killed: its replica begins channels anew, and the others go on', async (t) => {
  const [channel, elsewhere] = [channelAt(0), channelAt(1)]
  const before = await published(channel, 1)
  await published(elsewhere, 1)
  const [heard, other] = [await listening(t, channel), await listening(t, elsewhere)]
  await cluster.killReplicated()
  assert.equal((await call('publish', { channel, data: 2 })).error?.code, 100)
  await published(elsewhere, 2)
  await until(() => other.offsets.length === 1, { what: 'what lies elsewhere' })

  const after = await until(() => published(channel, 3), { what: 'the replica to take over' })
  assert.notEqual(after.epoch, before.epoch)
  await until(() => heard.subscribed.length === 2, { what: 'who has it to be told' })
  assert.equal(heard.subscribed[1]!.recovered, false)
  await published(channel, 4)
  await until(() => heard.data.at(-1) === 4, { what: 'what comes then' })
  assert.equal(other.subscribed.length, 1)
  assert.ok(gateways.every((gateway) => gateway.ready()))
})
