import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noRecord } from '../../../../pipelines/engine/task-work.ts'
import { makeWindower } from '../../../../pipelines/engine/windowing/make-windower.ts'
import { WindowStore } from '../../../../pipelines/engine/windowing/window-store.ts'
import { WindowedFold } from '../../../../pipelines/engine/windowing/windowed-fold.ts'
import { type Windows, hopping, session, sliding, tumbling } from '../../../../pipelines/engine/windows.ts'
import { changesTaken } from '../../../kit/outgoing.ts'
import { tally } from './folding.ts'

const origin = noRecord('t', 0, 0)

/** Which windows, or slices of them, have a state when rows have come at `times`, each moving stream time. */
function keptAfter(windows: Windows, times: readonly number[]): string[] {
  const store = new WindowStore(tally.codec)
  const nowhere = { open: undefined, closed: undefined }
  const folded = new WindowedFold(
    store,
    () => makeWindower(windows, tally, store, nowhere),
    () => undefined,
  )
  for (const [seq, time] of times.entries()) {
    folded.advance(time, origin)
    folded.take({ key: 'a', value: { seq, time, value: 1 }, time, origin }, store.streamTime)
  }
  return [...store.entries()].map(([id]) => id)
}

/*
 *   time      0   2   4   6         grace 1
 *             |---|---|---|
 */
test('a tumbling window is forgotten when it closes', () => {
  const windows = tumbling(2, { grace: 1 })
  assert.deepEqual(keptAfter(windows, [0, 2]), ['0:a', '2:a'])
  assert.deepEqual(keptAfter(windows, [0, 2, 3]), ['2:a'])
})

/*
 *   size 4, advance 2      |--- 0 ---|
 *   slices of 2                 |--- 2 ---|
 *   time                   0    2    4    6
 */
test('a slice is forgotten with the last window that it is part of', () => {
  const windows = hopping(4, { advance: 2, grace: 1 })
  assert.deepEqual(keptAfter(windows, [0, 2, 4]), ['0:a', '2:a', '4:a'])
  assert.deepEqual(keptAfter(windows, [0, 2, 4, 5]), ['2:a', '4:a'])
  assert.deepEqual(keptAfter(windows, [0, 2, 4, 5, 7]), ['4:a', '6:a'])
})

test('a session is forgotten when it closes', () => {
  const windows = session(3, { grace: 2 })
  assert.deepEqual(keptAfter(windows, [0, 4]), ['0:a', '4:a'])
  assert.deepEqual(keptAfter(windows, [0, 4, 5]), ['4:a'])
})

/* Each row has the window that ends with it and, later, the one behind the row before. */
test('a sliding window is forgotten when one has begun twice the difference and the grace later', () => {
  const windows = sliding(3, { grace: 1 })
  assert.deepEqual(keptAfter(windows, [0]), ['-3:a'])
  assert.deepEqual(keptAfter(windows, [0, 6]), ['-3:a', '3:a'])
  assert.deepEqual(keptAfter(windows, [0, 7]), ['4:a'])
})

test('of a row that joins two sessions the changelog is told what has become of each, and no more', () => {
  const store = new WindowStore(tally.codec)
  const nowhere = { open: undefined, closed: undefined }
  const windower = makeWindower(session(3, { grace: 2 }), tally, store, nowhere)
  const take = (time: number) =>
    windower.take({ key: 'a', value: { seq: time, time, value: 1 }, time, origin }, -Infinity)
  take(0)
  take(5)
  changesTaken(store)
  take(3)
  take(6)
  assert.deepEqual(
    changesTaken(store).map(({ key, value }) => [key, value === null]),
    [
      ['0/5:a', true],
      ['0/0:a', false],
    ],
  )
})
