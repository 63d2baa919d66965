import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { slidingRate } from '../../../../dashboards/web/model/rate.ts'

test('a counter that grows evenly has that rate, however its readings fall', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 2, maxLength: 50 }),
      (perSecond, gaps) => {
        const rate = slidingRate(10_000)
        let now = 0
        rate.add(now, 0)
        for (const gap of gaps) {
          now += gap
          rate.add(now, (perSecond * now) / 1000)
        }
        const measured = rate.perSecond(now)
        if (now < 1000) assert.equal(measured, undefined)
        else assert.ok(Math.abs(measured! - perSecond) < 1e-6 * perSecond)
      },
    ),
  )
})

test('the rate sinks to zero when nothing more is counted', () => {
  const rate = slidingRate(10_000)
  rate.add(0, 0)
  rate.add(1_000, 100)
  assert.equal(rate.perSecond(1_000), 100)
  assert.equal(rate.perSecond(5_000), 20)
  assert.equal(rate.perSecond(20_000), 0)
})

test('the rate tells over how long it is: the window at most', () => {
  const rate = slidingRate(10_000)
  assert.equal(rate.overMs(0), 0)
  rate.add(0, 0)
  assert.equal(rate.overMs(4_000), 4_000)
  rate.add(12_000, 100)
  assert.equal(rate.overMs(12_000), 10_000)
})

test('what was counted during a pause spreads over the pause', () => {
  const rate = slidingRate(10_000)
  rate.add(0, 0)
  rate.add(60_000, 6_000)
  assert.equal(rate.perSecond(60_000), 100)
})

test('a counter that falls has begun anew', () => {
  const rate = slidingRate(10_000)
  rate.add(0, 1_000_000)
  rate.add(1_000, 10)
  assert.equal(rate.perSecond(1_500), undefined)
  rate.add(2_000, 60)
  assert.equal(rate.perSecond(2_000), 50)
})

test('of two readings of one moment the later one holds', () => {
  const rate = slidingRate(10_000)
  rate.add(0, 0)
  rate.add(1_000, 10)
  rate.add(1_000, 30)
  assert.equal(rate.perSecond(1_000), 30)
})
