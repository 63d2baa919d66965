import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OutboundQueue } from '../../../../gateway/live/sockets/outbound-queue.ts'
import type { Flushable } from '../../../../gateway/live/sockets/turn.ts'

/** A socket whose kernel takes nothing until it is told to, and turns of an event loop that end when they are told to. */
function setUp(maxBytes: number) {
  const sent: Buffer[] = []
  const due: Flushable[] = []
  let buffered = 0
  let overflows = 0
  const traffic = { replaced: 0 }
  const settings = {
    turn: { add: (written: Flushable) => due.push(written) },
    limits: { maxQueuedBytes: maxBytes, maxQueuedMs: 1_000 },
    traffic,
  }
  const outlet = {
    send(frame: Buffer) {
      sent.push(frame)
      buffered += frame.length
    },
    buffered: () => buffered,
  }
  const queue = new OutboundQueue(settings, outlet, {
    encoding: { join: (messages) => Buffer.concat(messages) },
    tooSlow: () => overflows++,
  })
  return {
    queue,
    sent: () => sent.map((frame) => frame.toString()),
    buffered: () => buffered,
    overflows: () => overflows,
    traffic,
    read() {
      buffered = 0
      queue.drain()
    },
    endTurn: () => due.splice(0).forEach((each) => each.flush()),
  }
}

const frame = (text: string) => Buffer.from(text)

test('what is written within a turn leaves in one frame at its end', () => {
  const { queue, sent, endTurn, read } = setUp(10)
  for (const text of ['a', 'b', 'c']) queue.write(frame(text))
  assert.deepEqual(sent(), [])
  endTurn()
  assert.deepEqual(sent(), ['abc'])
  read()
  queue.write(frame('d'))
  endTurn()
  assert.deepEqual(sent(), ['abc', 'd'])
})

test('bytes wait as long as the client does not read, and not until the end of a turn', () => {
  const { queue, endTurn, read } = setUp(10)
  queue.write(frame('a'))
  assert.equal(queue.bytes, 0)
  endTurn()
  queue.write(frame('bc'))
  assert.equal(queue.bytes, 3)
  read()
  endTurn()
  read()
  assert.equal(queue.bytes, 0)
})

test('a frame is not longer than 64 KiB, but for a message that is, and waits for no turn when it is full', () => {
  const { queue, sent, read } = setUp(1_000_000)
  for (const length of [40_000, 20_000, 10_000, 90_000, 10, 1]) queue.write(Buffer.alloc(length, 'x'))
  while (sent().length < 4) read()
  assert.deepEqual(
    sent().map((each) => each.length),
    [60_000, 10_000, 90_000, 11],
  )
})

test('a message beyond the bound is taken if nothing waits before it', () => {
  const { queue, sent, overflows, endTurn } = setUp(3)
  queue.write(frame('a long frame'))
  endTurn()
  assert.deepEqual(sent(), ['a long frame'])
  assert.equal(overflows(), 0)
})

test('over the bound nothing is sent any more, not even what fits', () => {
  const { queue, sent, read, overflows, endTurn } = setUp(4)
  queue.write(frame('1'))
  endTurn()
  for (const text of ['22', '333', '4']) queue.write(frame(text))
  assert.equal(overflows(), 1)
  read()
  queue.write(frame('5'))
  endTurn()
  assert.deepEqual(sent(), ['1'])
})

test('of a channel whose newest message is enough only that one waits for who does not read', () => {
  const { queue, sent, read, overflows, endTurn, traffic } = setUp(16)
  queue.write(frame('a1 '), 'a')
  queue.write(frame('a2 '), 'a')
  endTurn()
  for (const text of ['a3 ', 'b1 ', 'c1 ', 'a4 ', 'a5 ', 'b2 '])
    queue.write(frame(text), text.startsWith('c') ? undefined : text[0])
  assert.deepEqual([traffic.replaced, queue.bytes], [3, 15])
  read()
  assert.deepEqual([sent(), overflows()], [['a1 a2 ', 'c1 a5 b2 '], 0])
})

test('who reads nothing for too long is given up, though little waits', () => {
  const { queue, sent, read, overflows, endTurn } = setUp(10)
  queue.giveUpIfBlocked(Infinity)
  queue.write(frame('1'))
  endTurn()
  read()
  queue.giveUpIfBlocked(Infinity)
  assert.equal(overflows(), 0)
  queue.write(frame('2'))
  endTurn()
  queue.giveUpIfBlocked(performance.now())
  assert.equal(overflows(), 0)
  queue.giveUpIfBlocked(performance.now() + 2_000)
  assert.equal(overflows(), 1)
  queue.write(frame('3'))
  read()
  assert.deepEqual(sent(), ['1', '2'])
})

test('a killed queue sends nothing and does not call its owner', () => {
  const { queue, sent, read, overflows, endTurn } = setUp(1)
  queue.write(frame('1'))
  queue.kill()
  endTurn()
  queue.write(frame('22'))
  read()
  assert.deepEqual([sent(), overflows()], [[], 0])
})

test('any reading pace, any turns: a gapless beginning of what was written, in order, within the bound', () => {
  const step = fc.oneof(fc.constantFrom('read' as const, 'turn' as const), fc.integer({ min: 1, max: 30 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 100 }), (steps, maxBytes) => {
      const { queue, sent, read, overflows, endTurn } = setUp(maxBytes)
      let written = ''
      for (const [at, each] of steps.entries()) {
        if (each === 'read') read()
        else if (each === 'turn') endTurn()
        else {
          const text = `${at}`.padEnd(each, '.')
          written += text
          queue.write(frame(text))
        }
      }
      endTurn()
      while (overflows() === 0 && sent().join('').length < written.length) read()
      assert.ok(written.startsWith(sent().join('')))
      if (overflows() === 0) assert.equal(sent().join(''), written)
    }),
  )
})

test('what is held back leaves behind the message that releases it, the newest of a channel alone', () => {
  const { queue, sent, endTurn, read, traffic } = setUp(100)
  queue.write(frame('a'))
  queue.hold()
  assert.deepEqual(sent(), ['a'])
  queue.write(frame('b'))
  for (const text of ['c', 'd']) queue.write(frame(text), 'latest')
  read()
  endTurn()
  assert.deepEqual(sent(), ['a'], 'it is held back, though there is room')
  queue.release(frame('first'))
  assert.deepEqual(sent(), ['a', 'firstbd'])
  assert.equal(traffic.replaced, 1)
  read()
  queue.write(frame('e'))
  endTurn()
  assert.deepEqual(sent(), ['a', 'firstbd', 'e'])
})

test('what is held back is bounded as what is not read, in bytes and in time', () => {
  const full = setUp(10)
  full.queue.hold()
  for (const text of ['123456', '123456', 'more']) full.queue.write(frame(text))
  assert.equal(full.overflows(), 1)
  full.queue.release(frame('first'))
  assert.deepEqual(full.sent(), [])

  const old = setUp(10)
  old.queue.hold()
  old.queue.giveUpIfBlocked(performance.now() + 1_001)
  assert.equal(old.overflows(), 1)

  const slow = setUp(100)
  slow.queue.write(frame('a'))
  slow.endTurn()
  slow.queue.write(frame('b'), 'latest')
  slow.queue.hold()
  slow.queue.write(frame('c'), 'latest')
  slow.queue.release(frame('first'))
  assert.deepEqual(slow.sent(), ['a'])
  slow.read()
  assert.deepEqual(slow.sent(), ['a', 'bfirstc'], 'in their order, when the client reads')
})
