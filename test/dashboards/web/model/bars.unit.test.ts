import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as holds, constantFrom, integer, property, uniqueArray } from 'fast-check'
import { barsOf, withLive } from '../../../../dashboards/web/model/bars.ts'
import { dayUnit, hourUnit } from '../../../../dashboards/web/model/chart-unit.ts'

const HOUR = 3_600_000

// hours  0    1    2    3 (running)   4 (to come)
// told   -    7    -    2
// live                  5
// bars   0    7    0    5
test('bars go to the running one, which is as high as history or the gateway knows, and a gap is nothing played', () => {
  const told = {
    from: 0,
    to: 24 * HOUR,
    rows: [
      { start: HOUR, plays: 7 },
      { start: 3 * HOUR, plays: 2 },
    ],
  }
  const plays = (live: number, { k = 1, at = 3.5 * HOUR } = {}) =>
    withLive(barsOf({ ...told, k }, hourUnit, at), { start: 3 * HOUR, plays: live }).map((bar) => bar.plays)
  assert.deepEqual(plays(5), [0, 7, 0, 5])
  assert.deepEqual(plays(1), [0, 7, 0, 2])
  assert.deepEqual(plays(5, { k: 10 }), [null, 7, null, 5], 'of fewer than k listeners, or nothing')
  assert.deepEqual(plays(5, { at: 2.5 * HOUR }), [0, 7, 0], 'history does not reach to the running hour')
})

test('whatever is told, there is a bar for each hour or day, in order, and none is lost', () => {
  holds(
    property(
      constantFrom(hourUnit, dayUnit),
      integer({ min: -40, max: 40 }),
      integer({ min: 1, max: 60 }),
      integer({ min: -50, max: 120 }),
      uniqueArray(integer({ min: 0, max: 59 })),
      (unit, first, many, at, played) => {
        const [from, to] = [first * unit.ms, (first + many) * unit.ms]
        const rows = played
          .filter((place) => place < many)
          .map((place) => ({ start: from + place * unit.ms, plays: place + 1 }))
        const now = (first + at) * unit.ms + 1
        const expected = []
        for (let start = from; start < to && start <= now; start += unit.ms)
          expected.push({ start, plays: rows.find((row) => row.start === start)?.plays ?? 0 })
        assert.deepEqual(barsOf({ from, to, rows }, unit, now), expected)
      },
    ),
  )
})
