import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as holds, integer, property } from 'fast-check'
import {
  count,
  duration,
  listened,
  minuteTime,
  percent,
  rate,
  shortCount,
} from '../../../../dashboards/web/model/format.ts'
import { fromText, upTo100 } from '../../../../dashboards/web/model/withheld-text.ts'
import { barText, lastHourText } from '../../../../dashboards/web/model/bar-text.ts'
import { letterHourUnit, minuteUnit } from '../../../../dashboards/web/model/chart-unit.ts'

const start = new Date(2026, 2, 1, 21, 42).getTime()

test('numbers are short where they are read at a glance', () => {
  assert.equal(count(1204), '1,204')
  assert.equal(shortCount(1204), '1.2K')
  assert.equal(rate(8.44), '8.4')
  assert.equal(rate(204.4), '204')
  assert.equal(count(42.4), '42')
  assert.equal(percent(0.1249), '12.5%')
  assert.equal(percent(1), '100.0%')
})

test('time listened goes from minutes to hours', () => {
  assert.equal(listened(48 * 60_000), '48 min')
  assert.equal(listened(3.21 * 3_600_000), '3.2 h')
  assert.equal(listened(1204 * 3_600_000), '1,204 h')
})

test('how long something took is told to what is worth telling', () => {
  for (const [ms, text] of [
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [99_499, '99 s'],
    [99_500, '2 min'],
    [3_540_000, '59 min'],
    [47 * 3_600_000, '47.0 h'],
    [48 * 3_600_000, '2 days'],
  ] as const)
    assert.equal(duration(ms), text)
})

test('an hour of dead letters is read out as such', () => {
  assert.match(barText({ start, plays: 1 }, letterHourUnit, false, 1), /, 21:42: 1 letter$/)
  assert.match(barText({ start, plays: 1204 }, letterHourUnit, true, 1), / so far: 1,204 letters$/)
})

test('a minute is read out with what is known of it', () => {
  assert.equal(minuteTime(start), '21:42')
  assert.equal(barText({ start, plays: 7 }, minuteUnit, false, 1), '21:42: 7 plays')
  assert.equal(barText({ start, plays: 7 }, minuteUnit, true, 1), '21:42 so far: 7 plays')
  assert.equal(barText({ start, plays: 1 }, minuteUnit, false, 1), '21:42: 1 play')
  assert.equal(barText({ start, plays: null }, minuteUnit, false, 1), '21:42: not known')
})

test('where fewer than k listeners are not shown, it is said', () => {
  assert.equal(
    barText({ start, plays: null }, minuteUnit, false, 10),
    '21:42: fewer than 10 listeners, or not known',
  )
  assert.equal(
    lastHourText([{ start, plays: 12 }], 10),
    '12 plays in the last hour, most at 21:42 (12). Minutes of fewer than 10 listeners are not shown.',
  )
  assert.equal(
    lastHourText([{ start, plays: null }], 10),
    'Minutes of fewer than 10 listeners are not shown.',
  )
  assert.deepEqual([fromText(1), fromText(10)], ['', ', from 10 listeners on'])
})

test('whatever k is, what is told of listeners who are counted to 101 is true of all of them', () => {
  holds(
    property(integer({ min: 1, max: 100 }), integer({ min: 0, max: 300 }), (k, listeners) => {
      const told = Math.floor(Math.min(listeners, 101) / k) * k
      const text = upTo100(told, k)
      if (text === `${told} or more`) assert.ok(listeners >= told)
      else {
        assert.equal(text, `${told}`)
        assert.ok(told <= listeners && listeners < told + k)
      }
    }),
  )
  assert.deepEqual([upTo100(90, 10), upTo100(100, 10), upTo100(98, 7)], ['90', '100 or more', '98 or more'])
})

test('the hour is summed up in a sentence', () => {
  const minutes = [
    { start: start - 60_000, plays: null },
    { start, plays: 1000 },
    { start: start + 60_000, plays: 10 },
  ]
  assert.equal(lastHourText(minutes, 1), '1,010 plays in the 2 minutes known, most at 21:42 (1,000).')
  assert.equal(lastHourText(minutes.slice(1), 1), '1,010 plays in the last hour, most at 21:42 (1,000).')
  assert.equal(lastHourText([{ start, plays: null }], 1), '')
  assert.equal(lastHourText([{ start, plays: 0 }], 1), 'No plays in the last hour.')
})
