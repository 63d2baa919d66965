import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OutboundQueue } from '../../../../gateway/live/sockets/outbound-queue.ts'

/** A socket whose kernel takes nothing until it is told to. */
function setUp(maxBytes: number) {
  const sent: Buffer[] = []
  let buffered = 0
  let overflows = 0
  const queue = new OutboundQueue({
    outlet: {
      send(frame) {
        sent.push(frame)
        buffered += frame.length
      },
      buffered: () => buffered,
    },
    maxBytes,
    onOverflow: () => overflows++,
  })
  return {
    queue,
    sent: () => sent.map((frame) => frame.toString()),
    buffered: () => buffered,
    overflows: () => overflows,
    read() {
      buffered = 0
      queue.drain()
    },
  }
}

const frame = (text: string) => Buffer.from(text)

test('what the client reads in time is sent at once', () => {
  const { queue, sent, read } = setUp(10)
  for (const text of ['a', 'b', 'c']) {
    queue.write(frame(text))
    read()
  }
  assert.deepEqual(sent(), ['a', 'b', 'c'])
})

test('a frame beyond the bound is taken if nothing waits before it', () => {
  const { queue, sent, overflows } = setUp(3)
  queue.write(frame('a long frame'))
  assert.deepEqual(sent(), ['a long frame'])
  assert.equal(overflows(), 0)
})

test('over the bound nothing is sent any more, not even what fits', () => {
  const { queue, sent, read, overflows } = setUp(4)
  for (const text of ['1', '22', '333', '4']) queue.write(frame(text))
  assert.equal(overflows(), 1)
  read()
  queue.write(frame('5'))
  assert.deepEqual(sent(), ['1'])
})

test('a killed queue sends nothing and does not call its owner', () => {
  const { queue, sent, read, overflows } = setUp(1)
  queue.write(frame('1'))
  queue.kill()
  queue.write(frame('22'))
  read()
  assert.deepEqual(sent(), ['1'])
  assert.equal(overflows(), 0)
})

test('any reading pace: a gapless beginning of what was written, in order, within the bound', () => {
  const step = fc.oneof(fc.constant('read' as const), fc.integer({ min: 1, max: 30 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 100 }), (steps, maxBytes) => {
      const { queue, sent, read, overflows, buffered } = setUp(maxBytes)
      const written: string[] = []
      for (const each of steps) {
        if (each === 'read') read()
        else {
          const text = `${written.length}`.padEnd(each, '.')
          written.push(text)
          queue.write(frame(text))
        }
        assert.ok(buffered() <= Math.max(maxBytes, 32), 'the library gets one frame at a time')
      }
      while (overflows() === 0 && sent().length < written.length) read()
      assert.deepEqual(sent(), written.slice(0, sent().length))
      if (overflows() === 0) assert.equal(sent().length, written.length)
    }),
  )
})
