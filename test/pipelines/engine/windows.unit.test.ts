import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hours, minutes, seconds, tumbling } from '../../../pipelines/engine/windows.ts'

/*
 *   time    -60 s      0        60 s      120 s
 *            |--- -1 ---|--- 0 ---|--- 1 ---|
 */
test('a window takes its start and not its end, before 1970 too', () => {
  const { startsFor } = tumbling(minutes(1), { grace: 0 })
  assert.deepEqual(startsFor(0), [0])
  assert.deepEqual(startsFor(59_999), [0])
  assert.deepEqual(startsFor(60_000), [60_000])
  assert.deepEqual(startsFor(-1), [-60_000])
  assert.deepEqual(startsFor(-60_000), [-60_000])
})

test('windows lie side by side: each time is in exactly one, aligned to 1970', () => {
  const time = fc.integer({ min: -(2 ** 52), max: 2 ** 52 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: hours(24) }), time, (size, at) => {
      const [start = NaN, ...more] = tumbling(size, { grace: 0 }).startsFor(at)
      assert.deepEqual(more, [])
      assert.ok(start <= at && at < start + size)
      assert.ok(start % size === 0)
    }),
  )
})

test('a window without length or a negative grace is refused, and says why', () => {
  for (const size of [0, -1, NaN])
    assert.throws(() => tumbling(size, { grace: 0 }), /would hold nothing: give a length above 0/)
  for (const grace of [-1, NaN])
    assert.throws(() => tumbling(1, { grace }), /would refuse rows in time: give 0 or more/)
})

test('lengths of time are in milliseconds', () => {
  assert.deepEqual([seconds(2), minutes(2), hours(2)], [2_000, 120_000, 7_200_000])
})
