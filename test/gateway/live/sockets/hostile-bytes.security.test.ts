import assert from 'node:assert/strict'
import { type TestContext, before, test } from 'node:test'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { clientFrame, opcodes } from '../../kit/frames.ts'
import { type TestGateway, testGateway } from '../../kit/gateway.ts'
import { handshake, sendCommand, wireClient, wireConnected, wireWebSocket } from '../../kit/wire-client.ts'

const text = (content: string | Uint8Array, options = {}) => clientFrame(opcodes.text, content, options)
const more = (content: string, fin: boolean) => clientFrame(opcodes.continuation, content, { fin })
const half = 'x'.repeat(60_000)

/** The library cuts these off without a word: who sends them does not speak WebSocket. */
const noWebSocket: Record<string, Buffer> = {
  'text that is no UTF-8': text(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  'text whose UTF-8 ends in the middle': text(Buffer.from([0x7b, 0xe2, 0x82])),
  'half of a surrogate': text(Buffer.from([0xed, 0xa0, 0x80])),
  'a compressed bomb': text(Buffer.from('ecc1010100000080', 'hex'), { rsv1: true }),
  'an opcode that is reserved': clientFrame(3, 'x'),
  'a control opcode that is reserved': clientFrame(11, 'x'),
  'a ping in pieces': clientFrame(opcodes.ping, 'x', { fin: false }),
  'a ping that is too long': clientFrame(opcodes.ping, 'x'.repeat(126)),
  'a frame that says it is a terabyte': text('x', { length: 2 ** 40 }),
  'the end of a message that never began': more('x', true),
  'a message of pieces that is too big': Buffer.concat([
    text(half, { fin: false }),
    more(half, false),
    more(half, false),
  ]),
}

/** One for all tests here: it has to bear them together. */
let gateway: TestGateway
before(async (t) => {
  gateway = await testGateway(t as TestContext, {
    ...(await services()),
    limits: { maxFramesPerSecond: 200, maxQueuedBytes: 4_096 },
    times: { connectWithin: 600, pingEvery: 300, pongWithin: 200 },
  })
})

const left = () => gateway.metric('continuo_gateway_connections')

for (const [name, bytes] of Object.entries(noWebSocket)) {
  test(`cut off: ${name}`, async (t) => {
    const wire = await wireConnected(t, gateway.port)
    wire.write(bytes)
    await until(() => wire.isGone(), { what: 'the end' })
    assert.equal(wire.read().closeCode, undefined)
    await until(async () => (await left()) === 0, { what: 'it to be forgotten' })
  })
}

test('compression is not agreed to, whatever a client offers', async (t) => {
  const wire = await wireClient(t, gateway.port)
  wire.write(handshake('Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'))
  await until(() => wire.head().startsWith('HTTP/1.1 101'), { what: 'the handshake' })
  assert.ok(!/extensions/i.test(wire.head()))
})

test('a frame without a mask is read as if it had one, and is no protocol', async (t) => {
  const wire = await wireConnected(t, gateway.port)
  wire.write(text('{"id":2,"ping":{}}', { masked: false }))
  wire.write(Buffer.alloc(8))
  await until(() => wire.read().closeCode ?? wire.isGone(), { what: 'the close' })
  assert.ok(wire.read().texts.length === 1, 'it is answered nothing')
})

test('half a handshake is cut off, however slowly it goes on', async (t) => {
  const wire = await wireClient(t, gateway.port)
  wire.write('GET /connection/websocket HTTP/1.1\r\nHost: ')
  const drip = setInterval(() => wire.write('x'), 500)
  t.after(() => clearInterval(drip))
  await until(() => wire.isGone(), { within: 20_000, what: 'the end' })
})

test('headers without end are cut off', async (t) => {
  const wire = await wireClient(t, gateway.port)
  wire.write('GET /connection/websocket HTTP/1.1\r\n')
  for (let n = 0; n < 2_000; n++) wire.write(`X-${n}: ${'x'.repeat(90)}\r\n`)
  await until(() => wire.isGone(), { what: 'the end' })
})

test('half a frame holds a socket no longer than silence does', async (t) => {
  const unknown = await wireWebSocket(t, gateway.port)
  unknown.write(text('{"id":1}').subarray(0, 7))
  const known = await wireConnected(t, gateway.port)
  known.write(text('{"id":2,"ping":{}}').subarray(0, 9))
  await until(() => unknown.read().closeCode === 3502, { what: 'the stale one to be closed' })
  await until(() => known.read().closeCode === 3012, { what: 'the one without a pong to be closed' })
})

test('a socket whose other end is gone without a word is closed', async (t) => {
  const wire = await wireConnected(t, gateway.port)
  wire.pause()
  await until(async () => (await left()) === 0, { what: 'it to be forgotten' })
  assert.ok((await gateway.metric('continuo_gateway_disconnects_total{code="3012"}')) > 0)
})

const flooding: Record<string, Buffer> = {
  pings: clientFrame(opcodes.ping, 'x'),
  pongs: clientFrame(opcodes.pong, 'x'),
  'answers to pings that nobody sent': text('{}'),
}

for (const [what, frame] of Object.entries(flooding)) {
  test(`closed as too many requests: a flood of ${what}`, async (t) => {
    const [flood, other] = [await wireConnected(t, gateway.port), await wireConnected(t, gateway.port)]
    flood.write(Buffer.concat(Array.from({ length: 2_000 }, () => frame)))
    await until(() => flood.read().closeCode === 3013, { what: 'the close' })
    sendCommand(other, { id: 2, ping: {} })
    await until(() => other.read().texts.length >= 2, { what: 'an answer to somebody else' })
  })
}

test('who pings without reading the answers is cut off before they fill the memory', async (t) => {
  const strict = await testGateway(t, {
    ...(await services()),
    limits: { maxFramesPerSecond: 1e9, maxQueuedBytes: 4_096 },
  })
  const wire = await wireConnected(t, strict.port)
  wire.pause()
  const pings = Buffer.concat(Array.from({ length: 5_000 }, () => clientFrame(opcodes.ping, 'x'.repeat(125))))
  await until(
    async () => {
      wire.write(pings)
      return (await strict.metric('continuo_gateway_disconnects_total{code="3008"}')) === 1
    },
    { what: 'the close', every: 1 },
  )
  let more = 0
  await until(
    () => {
      wire.write(pings)
      return wire.isGone() || ++more > 500
    },
    { what: 'it to be cut off, as it pings on', every: 1 },
  )
  assert.ok(wire.isGone(), 'who is sent away fills the memory no more than others')
})
