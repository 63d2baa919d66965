import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { correction, estimateOffset } from '../../../../dashboards/web/model/clock.ts'

test('the true offset lies within the uncertainty of the estimate', () => {
  const ways = fc.array(fc.record({ out: fc.nat(500), back: fc.nat(500) }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.integer({ min: -1e7, max: 1e7 }), ways, (offset, trips) => {
      const estimate = estimateOffset(
        trips.map(({ out, back }, index) => {
          const askedAt = index * 10_000
          return { askedAt, serverTime: askedAt + out + offset, answeredAt: askedAt + out + back }
        }),
      )!
      assert.ok(Math.abs(estimate.offset - offset) <= estimate.uncertainty)
    }),
  )
})

test('clocks are corrected only where they differ by more than the measuring can tell', () => {
  assert.equal(correction(undefined), 0)
  assert.equal(correction({ offset: 5, uncertainty: 4 }), 0)
  assert.equal(correction({ offset: -1200, uncertainty: 4 }), -1200)
})

test('without an answer there is no estimate', () => {
  assert.equal(estimateOffset([]), undefined)
})
