import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channels } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, tokenOf } from '../../kit/gateway.ts'
import { rawClient } from '../../kit/raw-client.ts'

const channel = channels.topArtists

const badRequests: Record<string, string | Uint8Array<ArrayBuffer>> = {
  'an empty frame': '',
  'a newline': '\n',
  'no JSON': 'hello',
  'half a command': '{"id":1,"connect":{',
  'a number': '1',
  null: 'null',
  'an array': '[{"id":1}]',
  'nesting without end': '['.repeat(60_000),
  'objects without end': '{"id":'.repeat(10_000),
  'a command without id': '{"subscribe":{"channel":"x"}}',
  'an id of 0': '{"id":0,"ping":{}}',
  'a negative id': '{"id":-1,"ping":{}}',
  'half an id': '{"id":1.5,"ping":{}}',
  'an id beyond 32 bits': '{"id":4294967296,"ping":{}}',
  'an id that is a text': '{"id":"1","ping":{}}',
  'more commands than a frame may hold': Array.from(
    { length: 65 },
    (_, n) => `{"id":${n + 1},"ping":{}}`,
  ).join('\n'),
  'a prototype': '{"__proto__":{"id":1,"ping":{}}}',
  binary: new Uint8Array([1, 2, 3]),
}

for (const [name, frame] of Object.entries(badRequests)) {
  test(`closed as a bad request: ${name}`, async (t) => {
    const gateway = await testGateway(t, await services())
    const raw = await rawClient(t, gateway.url)
    await raw.connect()
    raw.sendText(frame)
    await until(() => raw.closed, { what: 'the close' })
    assert.equal(raw.closed?.code, 3501)
    assert.match(raw.closed.reason, /^bad request: /)
  })
}

test('commands before connect, and a second connect, are bad requests', async (t) => {
  const gateway = await testGateway(t, await services())
  const hasty = await rawClient(t, gateway.url)
  hasty.send({ id: 1, subscribe: { channel } })
  await until(() => hasty.closed, { what: 'the close' })
  assert.deepEqual(hasty.closed, { code: 3501, reason: 'bad request: the first command is connect' })
  const twice = await rawClient(t, gateway.url)
  await twice.connect()
  twice.send({ id: 2, connect: { token: await tokenOf('somebody-else') } })
  await until(() => twice.closed, { what: 'the close' })
  assert.equal(twice.closed?.code, 3501)
})

test('a command with wrong fields is refused, and the connection goes on', async (t) => {
  const gateway = await testGateway(t, await services())
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  const wrong = [
    { subscribe: {} },
    { subscribe: null },
    { subscribe: [] },
    { subscribe: { channel: 7 } },
    { subscribe: { channel: '' } },
    { subscribe: { channel: 'x'.repeat(256) } },
    { subscribe: { channel, recover: 'yes' } },
    { subscribe: { channel, recover: true, offset: -1 } },
    { subscribe: { channel, recover: true, offset: 2 ** 60 } },
    { subscribe: { channel, recover: true, offset: '(1' } },
    { subscribe: { channel, recover: true, epoch: 7 } },
    { subscribe: { channel, recover: true, epoch: 'x'.repeat(65) } },
    { unsubscribe: { channel: {} } },
    { refresh: { token: {} } },
    { refresh: 'token' },
  ]
  for (const [index, body] of wrong.entries()) {
    const id = index + 10
    raw.send({ id, ...body })
    assert.equal((await raw.reply(id)).error?.code, 107, JSON.stringify(body))
  }
  assert.equal(raw.closed, undefined)
})

test('channels that are not public, and commands that are not offered, are refused by their codes', async (t) => {
  const gateway = await testGateway(t, await services())
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  const private_ = [
    'recommendations',
    '__proto__',
    'constructor',
    'top-artists ',
    `${channel}\0`,
    '*',
    '../../meta',
  ]
  for (const [index, name] of private_.entries()) {
    raw.send({ id: 100 + index, subscribe: { channel: name } })
    assert.equal((await raw.reply(100 + index)).error?.code, 103, name)
  }
  const notOffered = ['publish', 'presence', 'presence_stats']
  for (const [index, name] of notOffered.entries()) {
    raw.send({ id: 200 + index, [name]: { channel, data: {} } })
    assert.equal((await raw.reply(200 + index)).error?.code, 108, name)
  }
  raw.send({ id: 300, destroy: {} })
  assert.equal((await raw.reply(300)).error?.code, 104)
  assert.equal(await gateway.metric('continuo_gateway_subscriptions'), 0)
  assert.equal(await gateway.metric('continuo_gateway_errors_total{code="103"}'), private_.length)
})

test('one socket has so many subscriptions and no more', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), limits: { maxSubscriptions: 0 } })
  const raw = await rawClient(t, gateway.url)
  await raw.connect()
  raw.send({ id: 2, subscribe: { channel } })
  assert.equal((await raw.reply(2)).error?.code, 106)
})

test('a frame above the limit is closed as such, a huge one without an answer', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), limits: { maxFrameBytes: 1000 } })
  const big = await rawClient(t, gateway.url)
  big.sendText('x'.repeat(1001))
  await until(() => big.closed, { what: 'the close' })
  assert.deepEqual(big.closed, { code: 1009, reason: 'message size limit exceeded' })
  const huge = await rawClient(t, gateway.url)
  huge.sendText('x'.repeat(2001))
  await until(() => huge.closed, { what: 'the close' })
  assert.equal(huge.closed?.code, 1006)
  await until(async () => (await gateway.metric('continuo_gateway_connections')) === 0, {
    what: 'both to be gone',
  })
})

test('a flood of commands is answered by refusals, and others do not notice', async (t) => {
  const gateway = await testGateway(t, { ...(await services()), limits: { maxPendingCommands: 10 } })
  const [flood, other] = [await rawClient(t, gateway.url), await rawClient(t, gateway.url)]
  await flood.connect()
  await other.connect()
  const ids = Array.from({ length: 6400 }, (_, n) => n + 10)
  for (let at = 0; at < ids.length; at += 64)
    flood.send(...ids.slice(at, at + 64).map((id) => ({ id, subscribe: { channel } })))
  other.send({ id: 2, ping: {} })
  assert.deepEqual(await other.reply(2), { id: 2, ping: {} })
  await until(() => flood.frames.length === ids.length + 1, { what: 'an answer to each' })
  const refused = flood.frames.filter((frame) => frame.error?.code === 111)
  assert.ok(refused.length > ids.length / 2)
  assert.ok(refused.every((frame) => frame.error?.temporary))
  assert.equal(flood.frames.filter((frame) => frame.subscribe).length, 1)
})

const malformedProtobuf: Record<string, string | number[]> = {
  'an empty frame': [],
  'half a command': [20, 8, 1],
  'random bytes': [3, 255, 255, 255],
  'groups without end': [200, ...Array<number>(199).fill(0x0b)],
  text: '{"id":2,"ping":{}}',
}
for (const [name, frame] of Object.entries(malformedProtobuf)) {
  test(`closed as a bad request by who speaks Protobuf: ${name}`, async (t) => {
    const gateway = await testGateway(t, await services())
    const raw = await rawClient(t, `${gateway.url}?format=protobuf`)
    raw.sendText(typeof frame === 'string' ? frame : new Uint8Array(frame))
    await until(() => raw.closed, { what: 'the close' })
    assert.equal(raw.closed?.code, 3501)
    assert.match(raw.closed.reason, /^bad request: /)
  })
}
