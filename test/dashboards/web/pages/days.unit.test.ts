import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as holds, constantFrom, integer, property } from 'fast-check'
import { periodOf, periods } from '../../../../dashboards/server/endpoints/spans.ts'
import { dayBeside } from '../../../../dashboards/web/pages/days.ts'

const DAY = 86_400_000
const [FIRST, LAST] = [Date.UTC(1900, 1, 1) / DAY, Date.UTC(2299, 10, 30) / DAY]

test('the day before and the day behind are in the periods that the API has beside that of a day', () => {
  holds(
    property(constantFrom(...periods), integer({ min: FIRST, max: LAST }), (period, days) => {
      const day = new Date(days * DAY).toISOString().slice(0, 10)
      const { from, to } = periodOf(period, day, 0)
      assert.equal(periodOf(period, dayBeside(period, day, 'before'), 0).to, from)
      assert.equal(periodOf(period, dayBeside(period, day, 'behind'), 0).from, to)
    }),
  )
})
