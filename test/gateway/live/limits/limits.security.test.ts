import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import type { LimitSettings } from '../../../../gateway/live/limits/limits.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { type TestGateway, testGateway } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'
import { upgrade } from '../../kit/upgrade.ts'

const limited = async (t: TestContext, clientLimits: LimitSettings, redisUrl?: string, keyPrefix?: string) =>
  testGateway(t, {
    redisUrl: redisUrl ?? (await services()).redisUrl,
    clientLimits,
    ...(keyPrefix !== undefined && { keyPrefix }),
  })

const handshake =
  'GET /connection/websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** Resolves when the gateway has read what came before, on the one thread that it has. */
const answered = async ({ port }: TestGateway) =>
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404)

const from = (...addresses: string[]) => ({ 'x-forwarded-for': addresses })

test('connects of an address are limited at all gateways together, and it is told when to come again', async (t) => {
  const keyPrefix = `test-${randomUUID()}:`
  const settings = { connectsPerMinute: 3, trustedProxies: 1 }
  const gateways = [
    await limited(t, settings, undefined, keyPrefix),
    await limited(t, settings, undefined, keyPrefix),
  ] as const
  const ask = (n: number, address: string) => upgrade(t, gateways[n % 2]!, from(address))
  const answers = []
  for (let n = 0; n < 5; n++) answers.push(await ask(n, '203.0.113.7'))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [101, 101, 101, 429, 429],
  )
  const seconds = Number(answers[4]!.retryAfter)
  assert.ok(seconds > 0 && seconds <= 120, `${seconds}`)
  assert.equal((await ask(0, '203.0.113.8')).status, 101)
  assert.equal((await upgrade(t, gateways[0], from('203.0.113.9', '203.0.113.7'))).status, 429)
  const redis = new Redis((await services()).redisUrl)
  t.after(() => redis.disconnect())
  const keys = await redis.keys(`${keyPrefix}limit:*`)
  assert.equal(keys.length, 2)
  const said = keys.join() + (await gateways[0].metrics()) + gateways[0].logged()
  assert.ok(!said.includes('203.0.113'), 'an address is nowhere')
  assert.ok((await gateways[0].metric('continuo_gateway_limited_total{limit="connects"}')) > 0)
})

test('an address that is refused takes nobody’s place at the door, and who is sent back there has not connected', async (t) => {
  const { redisUrl } = await services()
  const clientLimits = { connectsPerMinute: 2, trustedProxies: 1 }
  const gateway = await testGateway(t, { redisUrl, clientLimits, acceptsPerSecond: 3 })
  const statuses = async (times: number, address: string) => {
    const seen = []
    for (let n = 0; n < times; n++) seen.push((await upgrade(t, gateway, from(address))).status)
    return seen
  }
  assert.deepEqual(await statuses(8, '203.0.113.7'), [101, 101, 429, 429, 429, 429, 429, 429])
  assert.deepEqual(await statuses(1, '203.0.113.8'), [101])
  // The door is shut by now: more often than an address may connect.
  await until(async () => (await statuses(1, '203.0.113.9'))[0] === 101, { what: 'a place at the door' })
})

test('a header of the client’s own makes no other address of it', async (t) => {
  const gateway = await limited(t, { connectsPerMinute: 1 })
  assert.equal((await upgrade(t, gateway, from('203.0.113.7'))).status, 101)
  assert.equal((await upgrade(t, gateway, from('203.0.113.8'))).status, 429)
})

test('an address has so many sockets, and room again when one of them is gone', async (t) => {
  const gateway = await limited(t, { socketsPerAddress: 2, connectsPerMinute: 100, trustedProxies: 1 })
  const first = await upgrade(t, gateway, from('203.0.113.7'))
  assert.equal((await upgrade(t, gateway, from('203.0.113.7'))).status, 101)
  assert.equal((await upgrade(t, gateway, from('203.0.113.7'))).status, 429)
  assert.equal((await upgrade(t, gateway, from('203.0.113.8'))).status, 101)
  first.socket!.destroy()
  await until(async () => (await upgrade(t, gateway, from('203.0.113.7'))).status === 101, { what: 'room' })
})

test('a gateway has so many sockets', async (t) => {
  const gateway = await limited(t, { sockets: 2 })
  const first = await upgrade(t, gateway)
  await upgrade(t, gateway)
  assert.deepEqual(await upgrade(t, gateway), { status: 503, retryAfter: '1', socket: undefined })
  first.socket!.destroy()
  await until(async () => (await upgrade(t, gateway)).status === 101, { what: 'room' })
})

test('who hangs up while it is looked whether they may connect keeps no place', async (t) => {
  const url = new URL((await services()).redisUrl)
  const wire = await tcpProxy(Number(url.port))
  t.after(() => wire.close())
  url.port = String(wire.port)
  // So small that nobody goes ahead of their count.
  const gateway = await limited(t, { sockets: 1, connectsPerMinute: 99 }, url.href)
  wire.freeze()
  const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined)
  socket.write(handshake)
  await answered(gateway)
  socket.resetAndDestroy()
  await once(socket, 'close')
  await answered(gateway)
  assert.equal((await upgrade(t, gateway)).status, 503)
  wire.mend()
  await until(async () => (await upgrade(t, gateway)).status === 101, { what: 'room' })
})

test('commands of a listener are limited, whatever their sockets; others go on', async (t) => {
  const gateway = await limited(t, { commandsPerMinute: 5 })
  const [one, two, other] = [
    await rawClient(t, gateway.url),
    await rawClient(t, gateway.url),
    await rawClient(t, gateway.url),
  ]
  await one.connect('ada')
  await two.connect('ada')
  await other.connect('bob')
  for (const id of [2, 3, 4, 5]) {
    one.send({ id, ping: {} })
    two.send({ id, ping: {} })
  }
  const replies = await Promise.all([one, two].flatMap((raw) => [2, 3, 4, 5].map((id) => raw.reply(id))))
  const refused = replies.filter(({ error }) => error !== undefined)
  assert.equal(refused.length, 3)
  assert.deepEqual(refused[0]!.error, { code: 111, message: 'too many requests', temporary: true })
  other.send({ id: 2, ping: {} })
  assert.deepEqual(await other.reply(2), { id: 2, ping: {} })
  assert.equal(await gateway.metric('continuo_gateway_limited_total{limit="commands"}'), 3)
})

for (const { failOpen, status, outcome } of [
  { failOpen: true, status: 101, outcome: 'let_through' },
  { failOpen: false, status: 429, outcome: 'refused' },
]) {
  test(`without Redis, failing ${failOpen ? 'open' : 'closed'}: ${status}, and the metrics tell`, async (t) => {
    const gateway = await limited(t, { connectsPerMinute: 1, failOpen }, 'redis://127.0.0.1:1')
    for (let n = 0; n < 3; n++) assert.equal((await upgrade(t, gateway)).status, status)
    const metric = `continuo_gateway_limits_unknown_total{limit="connects",outcome="${outcome}"}`
    assert.equal(await gateway.metric(metric), 3)
  })
}
