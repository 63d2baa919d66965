import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MINUTE_MS, minuteSeries } from '../../../../dashboards/web/model/minute-series.ts'

const minute = (number: number) => number * MINUTE_MS
const playsUntil = (series: ReturnType<typeof minuteSeries>, now: number) =>
  series.until(now).map(({ plays }) => plays)

test('the series ends with the minute that now is in, and holds as many as asked for', () => {
  const series = minuteSeries(3)
  assert.deepEqual(
    series.until(minute(10) + 59_999).map(({ start }) => start),
    [minute(8), minute(9), minute(10)],
  )
})

test('what neither history nor a live update told is not known, rather than zero', () => {
  const series = minuteSeries(4)
  series.load({ from: minute(8), to: minute(10), k: 1, minutes: [{ start: minute(8), plays: 5 }] })
  assert.deepEqual(playsUntil(series, minute(10)), [null, 5, 0, null])
})

test('where minutes of few listeners are left out, one without a figure is not zero', () => {
  const series = minuteSeries(3)
  series.load({ from: minute(8), to: minute(11), k: 10, minutes: [{ start: minute(9), plays: 90 }] })
  assert.deepEqual(playsUntil(series, minute(10)), [null, 90, null])
})

test('live updates extend history, and lead it in the newest minutes', () => {
  const series = minuteSeries(3)
  series.load({
    from: minute(8),
    to: minute(11),
    k: 1,
    minutes: [
      { start: minute(8), plays: 80 },
      { start: minute(9), plays: 90 },
      { start: minute(10), plays: 4 },
    ],
  })
  series.extend([
    { start: minute(9), plays: 85 },
    { start: minute(10), plays: 7 },
  ])
  assert.deepEqual(playsUntil(series, minute(10)), [80, 90, 7])
  series.extend([{ start: minute(11), plays: 1 }])
  assert.deepEqual(playsUntil(series, minute(11)), [90, 7, 1])
})

test('once a minute is settled, history alone has the say: a live figure of an aborted transaction goes', () => {
  const series = minuteSeries(5)
  series.extend([{ start: minute(8), plays: 999 }])
  series.load({ from: minute(6), to: minute(9), k: 1, minutes: [{ start: minute(8), plays: 50 }] })
  assert.deepEqual(playsUntil(series, minute(10)), [0, 0, 999, null, null])
  series.load({ from: minute(6), to: minute(12), k: 1, minutes: [{ start: minute(8), plays: 50 }] })
  assert.equal(series.until(minute(10))[2]!.plays, 50)
})

test('repeating live updates changes nothing', () => {
  const minutes = fc.array(
    fc.record({ start: fc.integer({ min: 0, max: 20 }).map(minute), plays: fc.nat(1000) }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(minutes, (updates) => {
      const once = minuteSeries(20)
      once.extend(updates)
      const twice = minuteSeries(20)
      twice.extend(updates)
      twice.extend(updates)
      assert.deepEqual(twice.until(minute(20)), once.until(minute(20)))
    }),
  )
})
