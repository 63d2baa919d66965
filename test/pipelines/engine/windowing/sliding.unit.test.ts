import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sliding } from '../../../../pipelines/engine/index.ts'
import { type Sending, foldAll } from './folding.ts'

const DIFFERENCE = 7
/** Longer than all times lie apart: nothing is late. */
const GRACE = 200

/** By the letter of KIP-450: which windows there are, and which rows are in them, in no order of arrival. */
function windowsOf(rows: readonly Sending[]) {
  const starts = new Set(rows.flatMap(({ time }) => [time - DIFFERENCE, time + 1]))
  return [...starts]
    .map((start) => ({ start, end: start + DIFFERENCE }))
    .map((window) => ({
      ...window,
      in: rows.filter(({ time }) => window.start <= time && time <= window.end),
    }))
    .filter((window) => window.in.length > 0)
    .sort((a, b) => a.start - b.start)
    .map((window) => [window.start, window.end, window.in.map(({ seq }) => seq)])
}

test('each row has a window that ends with it, and one behind it where rows are, before 1970 too', async () => {
  const time = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.constantFrom(0, 7, 8, 14))
  const rows = fc
    .array(time, { maxLength: 15, size: 'max' })
    .map((times) => times.map((each, seq) => ({ key: 'a', time: each, value: 1, seq })))
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const far = { key: 'far', time: 1_000, value: 0, seq: all.length }
      const emitted = await foldAll(sliding(DIFFERENCE, { grace: GRACE }), [...all, far], {
        emit: 'on-close',
      })
      const closed = emitted.flatMap(({ output, value }) =>
        output === 'late'
          ? assert.fail('nothing can be late')
          : [[value.start, value.end, value.rows.toSorted((a, b) => a - b)]],
      )
      assert.deepEqual(closed, windowsOf(all))
    }),
    { numRuns: 500 },
  )
})

/*
 *   time     -10 .. 0 ..... 10 .. 13         difference 10, grace 5
 *   a row at 0 is in [-10, 0]; at 13 that stays open until 5
 */
test('a row that one window refuses is late once, and is in those that are still open', async () => {
  const rows = [0, 10, 4].map((time, seq) => ({ key: 'a', time, value: 1, seq }))
  const emitted = await foldAll(sliding(10, { grace: 5 }), rows)
  const after2 = emitted
    .filter(({ after }) => after === 2)
    .map(({ output, time, value }) => [output, time, 'windows' in value ? value : [value.start, value.rows]])
  assert.deepEqual(after2, [
    ['open', 10, [1, [1, 2]]],
    ['open', 10, [0, [0, 1, 2]]],
    ['open', 10, [5, [1]]],
    ['late', 4, { seq: 2, streamTime: 10, lateByMs: 1, windows: 1 }],
  ])
})
