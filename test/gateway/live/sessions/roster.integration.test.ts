import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import pino from 'pino'
import { Roster } from '../../../../gateway/live/sessions/roster.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { rawClient, type RawClient } from '../../kit/raw-client.ts'
import { apiKey, callApi } from '../../kit/server-api.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const pseudonymOf = pseudonyms([randomBytes(32)]).listener
const shared = { pseudonymOf, apiKeys: [apiKey], sessionsPerListener: 2 }
const times = { beatEvery: 50, nodeLife: 1_000, sessionLife: 3_000 }

let redis: Redis
let redisUrl: string
before(async () => {
  ;({ redisUrl } = await services())
  redis = new Redis(redisUrl)
})
after(() => redis.disconnect())

/** Whether the client was let in: the reply to its connect, or how it was closed. */
async function enter(client: RawClient, listener: string): Promise<number | 'in'> {
  void client.connect(listener).catch(() => undefined)
  await until(() => client.closed ?? client.frames.some(({ id }) => id === 1), { what: 'the answer' })
  return client.closed?.code ?? 'in'
}

test('a listener has as many sessions as allowed at all nodes together, and one more when one is over', async (t) => {
  const keyPrefix = `test-${randomUUID()}:`
  const [one, two] = [
    await testGateway(t, { ...shared, redisUrl, keyPrefix, times }),
    await testGateway(t, { ...shared, redisUrl, keyPrefix, times }),
  ]
  await until(async () => (await callApi(one.port, 'info')).result?.['nodes'], { what: 'the nodes' })
  const first = await rawClient(t, one.url)
  assert.equal(await enter(first, 'ann'), 'in')
  assert.equal(await enter(await rawClient(t, two.url), 'ann'), 'in')
  for (const node of [one, two]) assert.equal(await enter(await rawClient(t, node.url), 'ann'), 3504)
  assert.equal(await enter(await rawClient(t, one.url), 'bob'), 'in')
  first.close()
  await until(async () => (await enter(await rawClient(t, two.url), 'ann')) === 'in', { what: 'room' })

  const listed = (await callApi(one.port, 'connections', { user: 'ann' })).result?.['connections']
  const nodes = Object.values(listed as Record<string, { node: string }>).map(({ node }) => node)
  assert.deepEqual(nodes, [two.node, two.node])
  const keys = await redis.keys(`${keyPrefix}*`)
  const held = await Promise.all(
    keys.filter((key) => key.includes('sessions')).map((key) => redis.zrange(key, 0, -1)),
  )
  assert.equal(held.length, 2)
  assert.doesNotMatch(JSON.stringify([keys, held]), /ann|bob/, 'pseudonyms alone')
})

test('all sessions of a listener are ended at all nodes, or a single one', async (t) => {
  const keyPrefix = `test-${randomUUID()}:`
  const [one, two] = [
    await testGateway(t, { ...shared, sessionsPerListener: 0, redisUrl, keyPrefix, times }),
    await testGateway(t, { ...shared, sessionsPerListener: 0, redisUrl, keyPrefix, times }),
  ]
  const clients = await Promise.all([one, two, two].map(({ url }) => rawClient(t, url)))
  const ids = await Promise.all(clients.map(async (client) => (await client.connect('ann')).connect!.client))
  const other = await rawClient(t, one.url)
  await other.connect('bob')
  const listedIds = async () =>
    Object.keys((await callApi(two.port, 'connections', { user: 'ann' })).result?.['connections'] as object)
  await until(async () => (await listedIds()).length === 3, { what: 'three sessions' })
  assert.deepEqual((await listedIds()).sort(), ids.toSorted())

  const single = { listener: pseudonymOf('ann'), client: ids[1] }
  assert.deepEqual((await callApi(one.port, 'disconnect', single)).result, {})
  await until(() => clients[1]!.closed, { what: 'the single log-out' })
  assert.deepEqual(clients[1]!.closed, { code: 3503, reason: 'force disconnect' })
  assert.deepEqual([clients[0]!.closed, clients[2]!.closed], [undefined, undefined])

  const disconnect = { code: 4000, reason: 'come again' }
  await callApi(one.port, 'disconnect', { user: 'ann', disconnect })
  await until(() => clients.every(({ closed }) => closed), { what: 'the log-out' })
  assert.deepEqual([clients[0]!.closed, clients[2]!.closed], [disconnect, disconnect])
  assert.equal(other.closed, undefined)
  await until(async () => (await listedIds()).length === 0, { what: 'none left' })
})

test('sessions of a node that is gone count no more, also to who comes back at once, are not listed, and vanish from Redis', async (t) => {
  const keyPrefix = `test-${randomUUID()}:`
  const wire = await tcpProxy(Number(new URL(redisUrl).port))
  t.after(() => wire.close())
  const stays = await testGateway(t, { ...shared, redisUrl, keyPrefix, times })
  const goes = await testGateway(t, {
    ...shared,
    redisUrl: `redis://127.0.0.1:${wire.port}`,
    keyPrefix,
    times,
  })
  const nodes = async () => ((await callApi(stays.port, 'info')).result?.['nodes'] as unknown[]).length
  await until(async () => (await nodes()) === 2, { what: 'both nodes' })
  for (let count = 0; count < 2; count++) assert.equal(await enter(await rawClient(t, goes.url), 'ann'), 'in')
  assert.equal(await enter(await rawClient(t, stays.url), 'ann'), 3504)

  wire.cut()
  assert.equal(await nodes(), 2)
  assert.equal(await enter(await rawClient(t, stays.url), 'ann'), 'in')
  assert.equal(await nodes(), 1)
  const listed = (await callApi(stays.port, 'connections', { user: 'ann' })).result?.['connections']
  assert.deepEqual(
    Object.values(listed as object).map(({ node }: { node: string }) => node),
    [stays.node],
  )
  const key = `${keyPrefix}sessions:{${pseudonymOf('ann')}}`
  await until(async () => (await redis.zcard(key)) === 1, { what: 'the others to vanish' })
})

test('a session counts though its node has not been heard of, and no longer than a node that is gone', async () => {
  const keyPrefix = `test-${randomUUID()}:`
  const enters = (node: string, nodeLife: number, listener = 'ann') =>
    new Roster({
      redis,
      keyPrefix,
      node,
      nodesThere: () => [node],
      nodeLife,
      sessionLife: 60_000,
      maxPerListener: 1,
      waitForRoom: 0,
      now: Date.now,
      log: pino({ level: 'silent' }),
    }).enter({ id: randomUUID() }, listener)
  assert.equal(await enters('new', 60_000), true)
  assert.equal(await enters('other', 60_000), false)
  assert.equal(await enters('other', 0), true)

  const key = `${keyPrefix}sessions:{bob}`
  await redis.zadd(key, Date.now() + 3_600_000, 'id killed-before-the-clock-was-set-back 1')
  assert.equal(await enters('other', 60_000, 'bob'), true)
})
