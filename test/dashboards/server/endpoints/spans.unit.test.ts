import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  choiceOfDays,
  lastDays,
  lastMinutes,
  lastWeeks,
  periodOf,
  periods,
} from '../../../../dashboards/server/endpoints/spans.ts'

const DAY = 86_400_000
const now = Date.parse('2026-03-05T13:14:15.678Z')
const { spanOf } = choiceOfDays({ most: 31, byDefault: 7 })
const told = ({ from, to }: { from: number; to: number }) =>
  [from, to].map((at) => new Date(at).toISOString().replace('T00:00:00.000Z', ''))

test('without days it is the last ones, today included', () => {
  assert.deepEqual(told(spanOf({}, now)), ['2026-02-27', '2026-03-06'])
  assert.deepEqual(told(spanOf({ to: '2026-02-01' }, now)), ['2026-01-25', '2026-02-01'])
  assert.deepEqual(told(spanOf({ from: '2026-02-28' }, now)), ['2026-02-28', '2026-03-06'])
})

test('too many days, none, and days that no table has are refused', () => {
  const refused = (days: { from?: string; to?: string }, code: string) =>
    assert.throws(() => spanOf(days, now), { status: 400, code })
  assert.deepEqual(told(spanOf({ from: '2026-01-01', to: '2026-02-01' }, now)), ['2026-01-01', '2026-02-01'])
  refused({ from: '2026-01-01', to: '2026-02-02' }, 'too_many_days')
  refused({ from: '1900-01-01' }, 'too_many_days')
  refused({ from: '2026-02-01', to: '2026-02-01' }, 'no_days')
  refused({ from: '2026-02-02', to: '2026-02-01' }, 'no_days')
  refused({ from: '2026-04-01' }, 'no_days')
  refused({ from: '0001-01-01', to: '0001-01-02' }, 'day_unknown')
  refused({ from: '1899-12-31', to: '1900-01-02' }, 'day_unknown')
  refused({ from: '2300-01-01', to: '2300-01-02' }, 'day_unknown')
  assert.throws(() => periodOf('month', '1899-12-31', now), { status: 400, code: 'day_unknown' })
})

test('a period is a day, a week from Monday on, or a month', () => {
  assert.deepEqual(told(periodOf('day', undefined, now)), ['2026-03-05', '2026-03-06'])
  assert.deepEqual(told(periodOf('week', undefined, now)), ['2026-03-02', '2026-03-09'])
  assert.deepEqual(told(periodOf('month', undefined, now)), ['2026-03-01', '2026-04-01'])
  assert.deepEqual(told(periodOf('month', '2024-02-29', now)), ['2024-02-01', '2024-03-01'])
  assert.deepEqual(told(periodOf('week', '1900-01-01', now)), ['1900-01-01', '1900-01-08'])
  assert.deepEqual(told(lastWeeks(now, 2)), ['2026-02-23', '2026-03-09'])
})

test('no span moves within its unit, and days of a period have the same period', () => {
  const times = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2299, 11, 1) })
  fc.assert(
    fc.property(times, fc.nat(DAY - 1), fc.constantFrom(...periods), (at, later, period) => {
      const day = Math.floor(at / DAY) * DAY
      const span = periodOf(period, undefined, day)
      assert.ok(span.from <= day && day < span.to)
      assert.ok([span.from, span.to].every((edge) => Number.isInteger(edge / DAY)))
      assert.deepEqual(periodOf(period, new Date(span.to - 1).toISOString().slice(0, 10), 0), span)
      assert.deepEqual(periodOf(period, undefined, day + later), span)
      assert.deepEqual(lastDays(day + later, 7), lastDays(day, 7))
      assert.deepEqual(spanOf({}, day + later), spanOf({}, day))
      const minute = Math.floor(at / 60_000) * 60_000
      assert.deepEqual(lastMinutes(minute + (later % 60_000), 60), lastMinutes(minute, 60))
    }),
  )
})
