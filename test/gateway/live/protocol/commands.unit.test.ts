import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseFrame, type Command } from '../../../../gateway/live/protocol/commands.ts'
import { FrameError } from '../../../../gateway/live/protocol/encoding.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'

const limits = { maxCommandsPerFrame: 8, maxChannelLength: 20 }
const parseText = (frame: string) => parseFrame(json, Buffer.from(frame), limits)
const parse = (...commands: unknown[]) => parseText(commands.map((each) => JSON.stringify(each)).join('\n'))

const subscribe = { kind: 'subscribe', channel: 'a', token: '', joinLeave: false } as const

test('commands of a frame are taken apart in their order', () => {
  assert.deepEqual(
    parse(
      { id: 1, connect: { token: 't', name: 'js', data: { any: 'thing' } } },
      {},
      { id: 2, subscribe: { channel: 'a', flag: 1 } },
      { id: 3, subscribe: { channel: 'a', recover: true, offset: 5, epoch: 'e' } },
      { id: 4, subscribe: { channel: 'a', recover: true } },
      { id: 5, unsubscribe: { channel: 'a' } },
      { id: 6, refresh: { token: 'u' } },
      { id: 7, ping: {} },
    ),
    [
      { kind: 'connect', id: 1, token: 't', positions: new Map() },
      { kind: 'pong' },
      { ...subscribe, id: 2, since: undefined },
      { ...subscribe, id: 3, since: { epoch: 'e', offset: 5 } },
      { ...subscribe, id: 4, since: { epoch: '', offset: 0 } },
      { kind: 'unsubscribe', id: 5, channel: 'a' },
      { kind: 'refresh', id: 6, token: 'u' },
      { kind: 'ping', id: 7 },
    ] satisfies Command[],
  )
})

test('what is asked of a channel is taken apart, with its defaults', () => {
  const channel = 'a'
  const since = { epoch: 'e', offset: 5 }
  assert.deepEqual(
    parse(
      { id: 1, subscribe: { channel, token: 't', join_leave: true } },
      { id: 2, sub_refresh: { channel, token: 't' } },
      { id: 3, publish: { channel, data: null } },
      { id: 4, history: { channel } },
      { id: 5, history: { channel, limit: -1, since, reverse: true } },
      { id: 6, presence: { channel } },
      { id: 7, presence_stats: { channel } },
      { send: { data: 1 } },
    ),
    [
      { ...subscribe, id: 1, since: undefined, token: 't', joinLeave: true },
      { kind: 'sub_refresh', id: 2, channel, token: 't' },
      { kind: 'publish', id: 3, channel, data: null },
      { kind: 'history', id: 4, channel, limit: 0, since: undefined, reverse: false },
      { kind: 'history', id: 5, channel, limit: -1, since, reverse: true },
      { kind: 'presence', id: 6, channel },
      { kind: 'presence_stats', id: 7, channel },
      { kind: 'send' },
    ] satisfies Command[],
  )
  const subs = { a: { recover: true, ...since }, b: { recover: false } }
  const [connect] = parse({ id: 1, connect: { token: 't', subs } })
  assert.deepEqual(connect, { kind: 'connect', id: 1, token: 't', positions: new Map([['a', since]]) })
})

const malformed = [
  { connect: { token: 't', subs: [] } },
  { connect: { token: 't', subs: { a: { offset: -1 } } } },
  { connect: { token: 't', subs: { ['x'.repeat(21)]: {} } } },
  { subscribe: { channel: 'a', join_leave: 1 } },
  { subscribe: { channel: 'a', token: 1 } },
  { sub_refresh: { token: 't' } },
  { publish: { channel: 'a' } },
  { history: { channel: 'a', limit: 0.5 } },
  { history: { channel: 'a', since: {}, reverse: 1 } },
  { history: { channel: 'a', since: { epoch: 1 } } },
  { presence: {} },
  { presence_stats: { channel: '' } },
]
test('a command with fields that it cannot have is malformed, under its id', () => {
  for (const command of malformed)
    assert.deepEqual(parse({ id: 3, ...command }), [{ kind: 'malformed', id: 3 }])
})

test('data are taken as deep as they can be sent on wherever they go, and no deeper', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  const kindOf = (data: unknown) =>
    parse({ id: 1, publish: { channel: 'a', data } }, { id: 2, rpc: { method: 'm', data } }).map(
      ({ kind }) => kind,
    )
  assert.deepEqual(kindOf(nested(64)), ['publish', 'rpc'])
  assert.deepEqual(kindOf(nested(65)), ['malformed', 'malformed'])
  assert.deepEqual(kindOf({ a: [1, { b: nested(63) }] }), ['malformed', 'malformed'])
})

test('a newline after the last command ends it and begins none', () => {
  assert.equal(parseText('{"id":1,"ping":{}}\n').length, 1)
})

test('a frame has as many commands as allowed, and not one more', () => {
  const pings = (count: number) => Array.from({ length: count }, (_, n) => ({ id: n + 1, ping: {} }))
  assert.equal(parse(...pings(8)).length, 8)
  assert.throws(() => parse(...pings(9)), FrameError)
  assert.throws(() => parse(...pings(10_000)), FrameError)
})

test('whatever comes is commands or a frame error, never another failure', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('channel', -1, 2 ** 53, '__proto__', 'constructor', 'x'.repeat(30)),
  )
  const body = fc.dictionary(
    fc.constantFrom('channel', 'token', 'recover', 'offset', 'epoch', 'since', 'limit', 'subs', '__proto__'),
    value,
  )
  const name = fc.constantFrom(
    'id',
    'connect',
    'subscribe',
    'unsubscribe',
    'refresh',
    'ping',
    'rpc',
    'send',
    'publish',
    'history',
    'sub_refresh',
    '__proto__',
  )
  const command = fc.dictionary(name, fc.oneof(body, value, fc.nat()))
  const line = fc.oneof(
    fc.string(),
    command.map((each) => JSON.stringify(each)),
    fc.json(),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      let commands: Command[]
      try {
        commands = parseText(lines.join('\n'))
      } catch (error) {
        assert.ok(error instanceof FrameError)
        return
      }
      for (const each of commands) {
        if (each.kind === 'pong' || each.kind === 'send') continue
        assert.ok(Number.isInteger(each.id) && each.id > 0)
        if ('channel' in each) assert.ok(each.channel.length > 0 && each.channel.length <= 20)
        if ('token' in each) assert.equal(typeof each.token, 'string')
        if (each.kind === 'subscribe' && each.since) assert.ok(each.since.offset >= 0)
      }
    }),
    { numRuns: 1000 },
  )
})
