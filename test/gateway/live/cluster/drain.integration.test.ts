import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { balancedWebSocket } from '../../../../client/index.ts'
import { tellNodes } from '../../../../gateway/live/cluster/control.ts'
import { readNodes } from '../../../../gateway/live/cluster/node-registry.ts'
import { channels } from '../../../../schemas/channels.ts'
import { freePort } from '../../../../stack/ports.ts'
import { redisServer } from '../../../kit/redis-server.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { runCli } from '../../kit/cli.ts'
import { testGateway } from '../../kit/gateway.ts'
import { testPublisher } from '../../kit/publisher.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { listen, range, sdkClient } from '../../kit/sdk-client.ts'
import { upgrade } from '../../kit/upgrade.ts'

const channel = channels.topArtists

test('a node that is told to drain takes nobody, sends its clients to the others, and says when it has', async (t) => {
  const { redisUrl } = await services()
  const keyPrefix = `test-${randomUUID()}:`
  const publisher = testPublisher({ redisUrl, keyPrefix, channel })
  t.after(() => publisher.close())
  const times = { beatEvery: 50, nodeLife: 2_000 }
  let isDrained = false
  const leaves = await testGateway(t, { redisUrl, keyPrefix, times, onDone: () => (isDrained = true) })
  const websocket = balancedWebSocket({ seeds: [`http://127.0.0.1:${leaves.port}`], connectWithin: 1_000 })
  const clients = Array.from({ length: 8 }, () => {
    const sdk = sdkClient(t, leaves.url, { websocket, minReconnectDelay: 20 })
    const heard = listen(sdk, channel)
    sdk.client.connect()
    return { ...heard, ...sdk }
  })
  await until(() => clients.every(({ subscribed }) => subscribed.length === 1), { what: 'all clients' })
  const stays = await testGateway(t, { redisUrl, keyPrefix, times })
  const nodes = () => readNodes(publisher.redis, keyPrefix)
  await until(async () => (await nodes()).length === 2, { what: 'both nodes' })
  await publisher.publish('before')

  assert.equal(
    await tellNodes(publisher.redis, keyPrefix, { kind: 'drain', node: leaves.node, overMs: 300 }),
    2,
  )
  await until(async () => (await nodes()).some(({ draining }) => draining), { what: 'the node to say so' })
  for (const { port } of [leaves, stays])
    await until(
      async () => !(await (await fetch(`http://127.0.0.1:${port}/endpoints`)).text()).includes(leaves.node),
      { what: 'the node to be listed no more' },
    )
  const late = await upgrade(t, leaves)
  assert.deepEqual([late.status, late.retryAfter], [503, '1'])
  await until(() => isDrained, { what: 'the drain' })
  await publisher.publish('after')
  await until(() => clients.every(({ offsets }) => offsets.length === 2), { what: 'everything' })
  for (const { offsets, states } of clients) {
    assert.deepEqual(offsets, range(1, 2))
    const away = states.find(({ code }) => code !== 0)
    assert.deepEqual([away?.code, away?.reason], [3001, 'shutdown'])
  }
  assert.equal(await stays.metric('continuo_gateway_connections'), 8)
})

test('so many a second are taken; who is too many is asked to come again', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), acceptsPerSecond: 2 })
  const statuses = await Promise.all(
    Array.from({ length: 6 }, async () => (await upgrade(t, gateway)).status),
  )
  const taken = statuses.filter((status) => status === 101).length
  assert.ok(taken >= 2 && taken < 6, `${taken} taken`)
  const reason = 'continuo_gateway_refused_sockets_total{reason="too_many_at_once"}'
  assert.equal(await gateway.metric(reason), 6 - taken)
  await until(async () => (await upgrade(t, gateway)).status === 101, { what: 'room again' })
})

test('continuo gateway nodes lists them, continuo gateway drain ends one', async (t) => {
  const { redisUrl } = await services()
  const prefix = `test-${randomUUID()}:`
  const [port, health] = [await freePort(), await freePort()]
  const shared = { REDIS_URL: redisUrl, REDIS_PREFIX: prefix }
  const run = async (...args: string[]) => {
    const cli = runCli(t, ['gateway', ...args], shared)
    return { code: await cli.ended, stdout: cli.stdout(), stderr: cli.stderr() }
  }
  const gateway = runCli(t, ['gateway'], {
    ...shared,
    ALLOWED_ORIGINS: 'none',
    GATEWAY_PORT: String(port),
    HEALTH_PORT: String(health),
    GATEWAY_PUBLIC_URL: 'wss://one.example/connection/websocket',
    GATEWAY_CAPACITY: '500',
  })
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  const [node] = await until(
    async () => {
      const nodes = await readNodes(redis, prefix)
      return nodes.length > 0 && nodes
    },
    { what: 'the node', within: 30_000 },
  )
  const client = await rawClient(t, `ws://127.0.0.1:${port}/connection/websocket`)
  await client.connect()
  const { id } = node!
  await until(async () => (await readNodes(redis, prefix))[0]?.connections === 1, { what: 'its client' })
  const [table, json] = await Promise.all([run('nodes'), run('nodes', '--json')])
  assert.match(table.stdout, new RegExp(`^node .*\n${id}  well  +1  500  .* wss://one.example/`))
  assert.partialDeepStrictEqual(JSON.parse(json.stdout), { id, capacity: 500, draining: false })

  const drained = await run('drain', id.slice(0, 8), '--over', '1s')
  assert.deepEqual([drained.code, drained.stderr], [0, ''])
  assert.equal(drained.stdout, `${id} drains: 1 connection in at most 1 s\n${id} has ended\n`)
  assert.equal(await gateway.ended, 0)
  assert.deepEqual(client.closed, { code: 3001, reason: 'shutdown' })
})

test('continuo gateway drain says so when Redis is gone by the time at which the gateway ends', async (t) => {
  const server = await redisServer()
  t.after(() => server.close())
  const keyPrefix = 'test:'
  const { node } = await testGateway(t, { redisUrl: server.url, keyPrefix })
  const shared = { REDIS_URL: server.url, REDIS_PREFIX: keyPrefix }
  const drain = runCli(t, ['gateway', 'drain', node, '--over', '1m'], shared)
  await until(() => drain.stdout().includes('drains'), { what: 'the node to be told', within: 30_000 })
  await server.kill()
  assert.equal(await drain.ended, 1)
  assert.match(drain.stderr(), new RegExp(`^error: Redis is gone.* whether ${node} has ended: .*\n$`))
})
