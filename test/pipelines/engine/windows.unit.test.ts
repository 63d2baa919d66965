import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  hopping,
  hours,
  minutes,
  seconds,
  session,
  sliding,
  tumbling,
} from '../../../pipelines/engine/windows.ts'

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

/*
 *   size 5, advance 2      |--- -2 ---|
 *                             |--- 0 ---|
 *   time                  -2  0   2   4   6
 */
test('a hopping window begins every advance: a row is in each that spans it, before 1970 too', () => {
  const { startsFor } = hopping(5, { advance: 2, grace: 0 })
  assert.deepEqual(startsFor(0), [-4, -2, 0])
  assert.deepEqual(startsFor(1), [-2, 0])
  assert.deepEqual(startsFor(-3), [-6, -4])
  assert.deepEqual(startsFor(-4), [-8, -6, -4])
})

test('a row is in every hopping window that spans it and in no other', () => {
  const size = fc.integer({ min: 1, max: 60 })
  fc.assert(
    fc.property(size, size, fc.integer({ min: -500, max: 500 }), (a, b, at) => {
      const [sizeMs, advance] = [Math.max(a, b), Math.min(a, b)]
      const spans = Array.from({ length: sizeMs }, (_, back) => at - sizeMs + 1 + back)
      assert.deepEqual(
        hopping(sizeMs, { advance, grace: 0 }).startsFor(at),
        spans.filter((start) => start % advance === 0).map((start) => start + 0),
      )
    }),
  )
})

test('a window without length or a negative grace is refused, and says why', () => {
  const makers = [
    (grace: number) => tumbling(1, { grace }),
    (grace: number) => hopping(1, { advance: 1, grace }),
    (grace: number) => sliding(1, { grace }),
    (grace: number) => session(1, { grace }),
  ]
  for (const size of [0, -1, NaN, 1.5, Infinity]) {
    const says = new RangeError(`a window of ${size} ms would hold nothing: give whole ms, above 0`)
    assert.throws(() => tumbling(size, { grace: 0 }), says)
    assert.throws(() => hopping(size, { advance: 1, grace: 0 }), says)
    assert.throws(() => session(size, { grace: 0 }), /would keep all rows apart: give whole ms, above 0/)
    assert.throws(() => hopping(10, { advance: size, grace: 0 }), /never get on: give whole ms, above 0/)
  }
  for (const difference of [-1, NaN, 0.5, Infinity])
    assert.throws(() => sliding(difference, { grace: 1 }), /rows are never .* ms apart/)
  for (const grace of [-1, NaN, 0.5, Infinity, undefined as unknown as number])
    for (const make of makers)
      assert.throws(
        () => make(grace),
        new RangeError(`a grace of ${grace} ms would refuse rows in time: give whole ms, 0 or more`),
      )
})

test('windows that overlap so much that a row is in more than a day has seconds are refused', () => {
  assert.equal(hopping(hours(24), { advance: seconds(1), grace: 0 }).startsFor(0).length, 86_400)
  assert.throws(
    () => hopping(hours(24 * 365), { advance: 1, grace: 0 }),
    new RangeError(
      'windows of 31536000000 ms that advance by 1 ms would have each row in more than 86400: give a larger advance, or a shorter size',
    ),
  )
})

test('what would leave rows out by its kind is refused', () => {
  assert.throws(
    () => hopping(2, { advance: 3, grace: 0 }),
    new RangeError(
      'windows of 2 ms that advance by 3 ms leave gaps, of which rows would be in none: give an advance of the size or less',
    ),
  )
  assert.throws(
    () => sliding(2, { grace: 0 }),
    new RangeError('a grace of 0 ms would refuse each row in the window that ends with it: give 1 or more'),
  )
})

test('windows are as they were asked for, down to the shortest', () => {
  const grace = 1
  const lengths = ({ startsFor: _, ...all }: ReturnType<typeof tumbling | typeof hopping>) => all
  const tumbles = { kind: 'tumbling', sizeMs: 1, advanceMs: 1, graceMs: 0 }
  assert.deepEqual(lengths(tumbling(1, { grace: 0 })), tumbles)
  const hops = { kind: 'hopping', sizeMs: 3, advanceMs: 2, graceMs: 1 }
  assert.deepEqual(lengths(hopping(3, { advance: 2, grace })), hops)
  assert.deepEqual(sliding(0, { grace }), { kind: 'sliding', differenceMs: 0, graceMs: 1 })
  assert.deepEqual(session(1, { grace: 0 }), { kind: 'session', gapMs: 1, graceMs: 0 })
})

test('lengths of time are in milliseconds', () => {
  assert.deepEqual([seconds(2), minutes(2), hours(2)], [2_000, 120_000, 7_200_000])
})
