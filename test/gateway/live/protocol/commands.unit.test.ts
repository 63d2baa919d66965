import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseFrame, type Command } from '../../../../gateway/live/protocol/commands.ts'
import { FrameError } from '../../../../gateway/live/protocol/encoding.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'

const limits = { maxCommandsPerFrame: 8, maxChannelLength: 20 }
const parseText = (frame: string) => parseFrame(json, Buffer.from(frame), limits)
const parse = (...commands: unknown[]) => parseText(commands.map((each) => JSON.stringify(each)).join('\n'))

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
      { kind: 'connect', id: 1, token: 't' },
      { kind: 'pong' },
      { kind: 'subscribe', id: 2, channel: 'a', since: undefined },
      { kind: 'subscribe', id: 3, channel: 'a', since: { epoch: 'e', offset: 5 } },
      { kind: 'subscribe', id: 4, channel: 'a', since: { epoch: '', offset: 0 } },
      { kind: 'unsubscribe', id: 5, channel: 'a' },
      { kind: 'refresh', id: 6, token: 'u' },
      { kind: 'ping', id: 7 },
    ] satisfies Command[],
  )
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
    fc.constantFrom('channel', 'token', 'recover', 'offset', 'epoch', '__proto__'),
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
        if (each.kind === 'pong') continue
        assert.ok(Number.isInteger(each.id) && each.id > 0)
        if ('channel' in each) assert.ok(each.channel.length > 0 && each.channel.length <= 20)
        if ('token' in each) assert.equal(typeof each.token, 'string')
        if (each.kind === 'subscribe' && each.since) assert.ok(each.since.offset >= 0)
      }
    }),
    { numRuns: 1000 },
  )
})
