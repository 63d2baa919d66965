import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axisStarts, sinceFirstPlay } from '../../../../dashboards/web/model/chart-span.ts'
import { minuteUnit } from '../../../../dashboards/web/model/chart-unit.ts'
import { MINUTE_MS } from '../../../../dashboards/web/model/minute-series.ts'

const minutes = (...plays: (number | null)[]) =>
  plays.map((count, index) => ({ start: index * MINUTE_MS, plays: count }))

// minutes   0     1  2  3  4 (running)
// plays     null  0  7  0  2
// chart              7  0  2
test('the chart begins with the first minute that has a play, and leaves out none after it', () => {
  assert.deepEqual(sinceFirstPlay(minutes(null, 0, 7, 0, 2)), minutes(null, 0, 7, 0, 2).slice(2))
})

test('where nothing was played the chart has the running minute alone', () => {
  assert.deepEqual(sinceFirstPlay(minutes(0, 0, null)), minutes(0, 0, null).slice(2))
  assert.deepEqual(sinceFirstPlay([]), [])
})

test('the axis has room for ten minutes from the first on, and grows with more', () => {
  const ten = Array.from({ length: 10 }, (_, index) => index * MINUTE_MS)
  assert.deepEqual(axisStarts(minutes(5), minuteUnit), ten)
  assert.deepEqual(axisStarts(minutes(5, 6, 7), minuteUnit), ten)
  assert.equal(axisStarts(minutes(...Array<number>(11).fill(1)), minuteUnit).length, 11)
  assert.deepEqual(axisStarts([], minuteUnit), [])
})
