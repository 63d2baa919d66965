import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Centrifuge } from 'centrifuge/build/protobuf'
import { errors } from '../../../../gateway/live/protocol/codes.ts'
import { FrameError } from '../../../../gateway/live/protocol/encoding.ts'
import { agreedEncoding } from '../../../../gateway/live/protocol/encodings.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'
import { protobuf } from '../../../../gateway/live/protocol/protobuf.ts'
import type { Reply } from '../../../../gateway/live/protocol/replies.ts'

/** The codec inside the kept client: what it writes has to be understood, and what it reads has to be right. */
interface ClientCodec {
  encodeCommands(commands: unknown[]): Uint8Array
  decodeReplies(frame: Uint8Array): Record<string, unknown>[]
}
const { _codec: client } = new Centrifuge('ws://nowhere') as unknown as { _codec: ClientCodec }

const bytes = (data: unknown) => Buffer.from(JSON.stringify(data))
const position = { epoch: 'e', offset: 2 ** 53 - 1 }

test('what the kept client writes in Protobuf is what it means in JSON', () => {
  const commands = (data: (value: unknown) => unknown) => [
    { id: 1, connect: { token: 't', subs: { a: { recover: true, ...position } } } },
    {},
    { id: 2, subscribe: { channel: 'ä', recover: true, join_leave: true, token: 's', ...position } },
    { id: 3, unsubscribe: { channel: 'a' } },
    { id: 4, publish: { channel: 'a', data: data({ text: '嵐' }) } },
    { id: 5, history: { channel: 'a', limit: -1, since: position, reverse: true } },
    { id: 6, presence: { channel: 'a' } },
    { id: 7, presence_stats: { channel: 'a' } },
    { id: 8, rpc: { method: 'm', data: data([1]) } },
    { id: 9, refresh: { token: 't' } },
    { id: 10, sub_refresh: { channel: 'a', token: 't' } },
    { id: 2 ** 32 - 1, ping: {} },
  ]
  const frame = Buffer.from(client.encodeCommands(commands(bytes)))
  assert.deepEqual(
    protobuf.commandsOf(frame, 12),
    commands((data) => data),
  )
  assert.throws(() => protobuf.commandsOf(frame, 11), { message: 'too many commands in a frame' })
  assert.deepEqual(protobuf.commandsOf(Buffer.from(client.encodeCommands([{ send: {} }])), 1), [
    { id: 0, send: {} },
  ])
})

const info = { client: 'c', user: 'u' }
const subscribed = { recoverable: true, positioned: true, epoch: 'e', offset: 7, recovered: true }
const replies = (data: (value: unknown) => unknown) => [
  {},
  { id: 1, error: errors.internal },
  {
    id: 2,
    connect: {
      client: 'c',
      version: 'v',
      expires: true,
      ttl: 9,
      ping: 25,
      pong: true,
      data: data({ a: 1 }),
      subs: { a: { ...subscribed, publications: [{ offset: 8, data: data(true) }] } },
    },
  },
  {
    id: 3,
    subscribe: { ...subscribed, was_recovering: true, publications: [{ offset: 8, data: data('ä') }] },
  },
  { id: 4, unsubscribe: {} },
  { id: 5, ping: {} },
  { id: 6, rpc: { data: data({}) } },
  { push: { channel: 'a', pub: { offset: 3, data: data(null), info } } },
  { push: { channel: 'a', unsubscribe: { code: 2500, reason: 'insufficient state' } } },
]

test('what we write in Protobuf the kept client reads as it is in JSON', () => {
  const written = replies((data) => data) as Reply[]
  for (const [index, reply] of written.entries()) {
    const [read, ...more] = client.decodeReplies(protobuf.encode(reply))
    assert.deepEqual(more, [])
    assert.deepEqual(
      plain(read),
      JSON.parse(JSON.stringify(replies((data) => bytes(data).toString('base64'))[index])),
    )
    assert.deepEqual(JSON.parse(json.encode(reply).toString()), JSON.parse(JSON.stringify(reply)))
  }
})

/** As JSON, with bytes in base64, what is longer than 32 bits as numbers, and without lists and tags that were not sent. */
const plain = (read: unknown): unknown =>
  JSON.parse(
    JSON.stringify(read, (key, value: unknown) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
      if (key === 'tags' || (Array.isArray(value) && value.length === 0)) return undefined
      return key === 'offset' ? Number(value) : value
    }),
  )

test('a push is one line of JSON, whatever is published, and the same data in Protobuf', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), fc.jsonValue(), (channel, offset, data) => {
      const push = { push: { channel, pub: { offset, data } } }
      const line = json.encode(push).toString()
      assert.ok(!line.includes('\n'))
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(push)))
      const [read] = client.decodeReplies(protobuf.encode(push)) as unknown as [
        { push: { channel: string; pub: { data: Uint8Array } } },
      ]
      assert.equal(read.push.channel, channel)
      assert.equal(Buffer.from(read.push.pub.data).toString(), JSON.stringify(data))
    }),
  )
})

const malformed: Record<string, number[]> = {
  nothing: [],
  'a length without its command': [5],
  'a length beyond the frame': [5, 8, 1],
  'a length without end': [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
  'a field that ends beyond its command': [3, 0x22, 5, 1, 0, 0, 0],
  'a text of a field that is a message': [2, 0x20, 1],
  'data that are no JSON': [9, 8, 1, 0x6a, 5, 0x0a, 3, 0x7b, 0x7b, 0x7b],
  'data that are no UTF-8': [8, 8, 1, 0x6a, 4, 0x0a, 2, 0x22, 0xff],
}
for (const [name, frame] of Object.entries(malformed)) {
  test(`no Protobuf of ours: ${name}`, () => {
    assert.throws(() => protobuf.commandsOf(Buffer.from(frame), 8), FrameError)
  })
}

test('groups within groups, however many, are no way to exhaust the stack', () => {
  const groups = Buffer.alloc(60_000, 0x13)
  const frame = Buffer.concat([Buffer.from([0xe0, 0xd4, 0x03]), groups])
  assert.throws(() => protobuf.commandsOf(frame, 8), FrameError)
})

test('random bytes are commands or a frame error, never another failure', () => {
  const valid = client.encodeCommands([{ id: 3, subscribe: { channel: 'abc', ...position } }])
  const damaged = fc
    .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 })
    .map((changes) => {
      const frame = Buffer.from(valid)
      for (const [at, byte] of changes) frame[at] = byte
      return frame
    })
  const random = fc.uint8Array({ maxLength: 40 }).map((frame) => Buffer.from(frame))
  fc.assert(
    fc.property(fc.oneof(damaged, random), (frame) => {
      try {
        for (const command of protobuf.commandsOf(frame, 8)) assert.equal(typeof command, 'object')
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a client speaks what it names first and we know, or what its URL says, or else JSON', () => {
  const speaks = (subprotocols: string, query = '') => {
    const { encoding, subprotocol } = agreedEncoding(subprotocols, query)
    return [encoding.name, subprotocol]
  }
  assert.deepEqual(speaks(''), ['json', ''])
  assert.deepEqual(speaks('centrifuge-json'), ['json', 'centrifuge-json'])
  assert.deepEqual(speaks('centrifuge-protobuf'), ['protobuf', 'centrifuge-protobuf'])
  assert.deepEqual(speaks('mqtt, centrifuge-protobuf,centrifuge-json'), ['protobuf', 'centrifuge-protobuf'])
  assert.deepEqual(speaks('constructor'), ['json', ''])
  assert.deepEqual(speaks('', 'a=1&format=protobuf'), ['protobuf', ''])
  assert.deepEqual(speaks('', 'cf_protocol=protobuf'), ['protobuf', ''])
  assert.deepEqual(speaks('', 'format=json'), ['json', ''])
})

test('messages of one frame are read one after the other, in either encoding', () => {
  const pushes = [1, 2, 3].map((offset) => ({ push: { channel: 'a', pub: { offset, data: offset } } }))
  const lines = json.join(pushes.map((push) => json.encode(push))).toString()
  assert.deepEqual(
    lines.split('\n').map((line) => JSON.parse(line) as unknown),
    pushes,
  )
  const frame = protobuf.join(pushes.map((push) => protobuf.encode(push)))
  assert.equal(client.decodeReplies(frame).length, 3)
})
