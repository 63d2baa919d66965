import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WebSocket } from 'uWebSockets.js'
import { OpenSocket, PART_BYTES } from '../../../../gateway/live/sockets/open-socket.ts'
import { disconnects } from '../../../../gateway/live/protocol/codes.ts'

/** A socket of the library whose kernel takes what it is given only while it has room. */
function setUp() {
  const given: [how: string, bytes: number][] = []
  const kernel = { hasRoom: false }
  let buffered = 0
  const take = (how: string, part: Buffer) => {
    given.push([how, part.length])
    if (!kernel.hasRoom) buffered += part.length
  }
  const ws = {
    send: (part: Buffer) => take('all', part),
    sendFirstFragment: (part: Buffer) => take('first', part),
    sendFragment: (part: Buffer) => take('next', part),
    sendLastFragment: (part: Buffer) => take('last', part),
    getBufferedAmount: () => buffered,
    end: (code: number) => given.push(['end', code]),
  }
  const socket = new OpenSocket(
    ws as unknown as WebSocket<unknown>,
    false,
    { messages: 0, bytes: 0 },
    () => undefined,
  )
  const drain = () => {
    buffered = 0
    socket.drain()
  }
  return { socket, given, kernel, drain }
}

test('of a large message the library gets no more before the kernel has taken what it has', () => {
  const { socket, given, kernel, drain } = setUp()
  socket.send(Buffer.alloc(3 * PART_BYTES + 1))
  assert.deepEqual(given.splice(0), [['first', PART_BYTES]])
  assert.equal(socket.buffered(), 3 * PART_BYTES + 1, 'all of it waits')
  drain()
  assert.deepEqual(given.splice(0), [['next', PART_BYTES]])
  kernel.hasRoom = true
  drain()
  assert.deepEqual(given.splice(0), [
    ['next', PART_BYTES],
    ['last', 1],
  ])
  assert.equal(socket.buffered(), 0)
  socket.send(Buffer.alloc(PART_BYTES))
  assert.deepEqual(given, [['all', PART_BYTES]])
})

test('who is sent away gets what the library has, and is then told why', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { socket, given, drain } = setUp()
  socket.send(Buffer.alloc(2 * PART_BYTES))
  socket.end(disconnects.slow)
  assert.deepEqual(given.splice(0), [['first', PART_BYTES]])
  assert.equal(socket.buffered(), PART_BYTES, 'the rest is forgotten')
  drain()
  assert.deepEqual(given, [['end', 3008]])
})
