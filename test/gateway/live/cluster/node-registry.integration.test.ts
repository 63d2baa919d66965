import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import pino from 'pino'
import { NodeRegistry, readNodes } from '../../../../gateway/live/cluster/node-registry.ts'
import type { Endpoint, EndpointList } from '../../../../schemas/endpoints.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, type TestGateway } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'

const page = 'https://music.example'

async function nodeOf(
  t: TestContext,
  keyPrefix: string,
  redisUrl: string,
  capacity = 10_000,
): Promise<TestGateway> {
  return testGateway(t, {
    redisUrl,
    keyPrefix,
    capacity,
    allowedOrigins: ['none', page],
    times: { beatEvery: 50, nodeLife: 1_000 },
  })
}

const state = { url: 'ws://a', capacity: 1, connections: 0, healthy: true, draining: false }

/** What a node `a` tells, when it is told to. */
const registryOf = (redis: Redis, keyPrefix: string, nodeLife: number) =>
  new NodeRegistry({
    redis,
    keyPrefix,
    id: 'a',
    state: () => state,
    log: pino({ level: 'silent' }),
    beatEvery: 60_000,
    nodeLife,
  })

/** Keys of nobody else, and a connection to them. */
async function emptyRedis(t: TestContext) {
  const { redisUrl } = await services()
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  return { redisUrl, redis, keyPrefix: `test-${randomUUID()}:` }
}

async function endpoints({ port }: TestGateway): Promise<Endpoint[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/endpoints`)
  return ((await answer.json()) as EndpointList).endpoints
}

const nodesListedBy = async (node: TestGateway) => (await endpoints(node)).map(({ id }) => id)

test('every node lists all that take connections, with their load and how long they are up', async (t) => {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const [one, two] = [await nodeOf(t, keyPrefix, redisUrl, 500), await nodeOf(t, keyPrefix, redisUrl, 2_000)]
  const both = [one.node, two.node].sort()
  await until(async () => (await nodesListedBy(one)).length === 2, { what: 'the second node' })
  assert.deepEqual(await nodesListedBy(two), both)

  await rawClient(t, two.url)
  const loaded = await until(
    async () => (await endpoints(one)).find(({ connections }) => connections === 1),
    { what: 'the load of the second node' },
  )
  const { upForMs, ...rest } = loaded
  assert.deepEqual(rest, { id: two.node, url: two.url, capacity: 2_000, connections: 1 })
  assert.ok(upForMs >= 0 && upForMs < 60_000)
  await until(async () => (await endpoints(one))[0]!.upForMs > upForMs, { what: 'a later time' })

  await two.stop()
  await until(async () => (await nodesListedBy(one)).length === 1, { what: 'the second node to go' })
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  const [left, ...others] = await readNodes(redis, keyPrefix)
  assert.deepEqual([left?.id, left?.healthy, left?.draining, others], [one.node, true, false, []])
})

test('a node without a word to Redis is gone when its time is over, and begins anew when it is back', async (t) => {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const wire = await tcpProxy(Number(new URL(redisUrl).port))
  t.after(() => wire.close())
  const stays = await nodeOf(t, keyPrefix, redisUrl)
  const goes = await nodeOf(t, keyPrefix, `redis://127.0.0.1:${wire.port}`)
  const seen = async () => (await endpoints(stays)).find(({ id }) => id === goes.node)
  await until(async () => (await nodesListedBy(goes)).length === 2, { what: 'both nodes' })
  const upFor = (await until(seen, { what: 'the other node' })).upForMs

  wire.cut()
  await until(async () => (await seen()) === undefined, { what: 'the node to be given up' })
  assert.deepEqual(await nodesListedBy(goes), [stays.node], 'of the others it keeps to what it knew')
  const told = await fetch(`http://127.0.0.1:${goes.port}/endpoints`)
  assert.ok(Number(told.headers.get('age')) >= 1, 'and says how old that is')
  wire.mend()
  const back = await until(seen, { what: 'the node to be back' })
  assert.ok(back.upForMs < upFor + 1_000, 'not up since before')
})

test('what lies among the nodes and is none keeps nobody from knowing the others', async (t) => {
  const { redisUrl, keyPrefix, redis } = await emptyRedis(t)
  const [key, held] = [`${keyPrefix}gateway:nodes`, '1 99999999999999']
  const strange = { text: 'text', none: '', torn: `${held} {"url":`, null: `${held} null` }
  await redis.hset(key, { ...strange, other: `${held} {"address":"one.example"}` })
  const both = [await nodeOf(t, keyPrefix, redisUrl), await nodeOf(t, keyPrefix, redisUrl)]
  await until(async () => (await nodesListedBy(both[0]!)).length === 2, { what: 'both nodes' })
  for (const { logged } of both) assert.doesNotMatch(logged(), /does not take this node/)
  assert.equal(await redis.hexists(key, 'text'), 0, 'what says no end is taken away')
})

test('a node that came before the clock of Redis was set back has not come in the future', async (t) => {
  const { keyPrefix, redis } = await emptyRedis(t)
  const [hour, now] = [3_600_000, Date.now()]
  const registry = registryOf(redis, keyPrefix, 3_000)
  await redis.hset(`${keyPrefix}gateway:nodes`, 'a', `${now + hour} ${now + hour + 3_000} {}`)
  await registry.beat()
  assert.deepEqual(registry.nodes, [{ id: 'a', upForMs: 0, ...state }])
})

test('a node that was killed before the clock of Redis was set back is gone all the same', async (t) => {
  const { redisUrl, keyPrefix, redis } = await emptyRedis(t)
  const [hour, now] = [3_600_000, Date.now()]
  await redis.hset(`${keyPrefix}gateway:nodes`, 'killed', `${now} ${now + hour} ${JSON.stringify(state)}`)
  const node = await nodeOf(t, keyPrefix, redisUrl)
  assert.deepEqual(await nodesListedBy(node), [node.node])
})

test('a node that was alone, and silent for too long, begins anew', async (t) => {
  const { redisUrl } = await services()
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  await redis.ping()
  const registry = registryOf(redis, `test-${randomUUID()}:`, 10)
  await registry.beat()
  const millisecond = async () => {
    const [seconds, micros] = await redis.time()
    return Number(seconds) * 1_000 + Number(micros) / 1_000
  }
  const since = await millisecond()
  await until(async () => (await millisecond()) > since + 20, { what: 'its time to be over', every: 5 })
  await registry.beat()
  assert.deepEqual(registry.nodes, [{ id: 'a', upForMs: 0, ...state }])
})

test('pages of the allowed origins may ask, and programs; other pages may not', async (t) => {
  const { redisUrl } = await services()
  const node = await nodeOf(t, `test-${randomUUID()}:`, redisUrl)
  const { port } = node
  const ask = (origin?: string) =>
    fetch(`http://127.0.0.1:${port}/endpoints`, origin === undefined ? {} : { headers: { origin } })
  const allowed = await ask(page)
  assert.equal(allowed.headers.get('access-control-allow-origin'), page)
  assert.equal(allowed.headers.get('cache-control'), 'max-age=1')
  assert.equal(allowed.headers.get('vary'), 'origin')
  const program = await ask()
  assert.deepEqual([program.status, program.headers.get('access-control-allow-origin')], [200, null])
  const foreign = await ask('https://evil.example')
  assert.deepEqual([foreign.status, foreign.headers.get('access-control-allow-origin')], [403, null])
  assert.equal(await node.metric('continuo_gateway_foreign_origins_total'), 1)
  assert.match(node.logged(), /"origin":"https:\/\/evil\.example"/)
})

test('an address of IPv6 is told as one that can be reached', async (t) => {
  const node = await testGateway(t, { ...(await services()), host: '::1' })
  const answer = await fetch(`http://[::1]:${node.port}/endpoints`)
  const [endpoint] = ((await answer.json()) as EndpointList).endpoints
  assert.equal(endpoint?.url, `ws://[::1]:${node.port}/connection/websocket`)
})
