import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantile } from '../../../../dashboards/web/model/quantile.ts'

test('a quantile is a value that at least that share does not exceed, and no smaller one is', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(
      fc.array(finite, { minLength: 1 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (values, q) => {
        const found = quantile(Float64Array.from(values), q)!
        assert.ok(values.includes(found))
        const share = (bound: (value: number) => boolean) => values.filter(bound).length / values.length
        assert.ok(share((value) => value <= found) >= q)
        assert.ok(share((value) => value < found) < q)
      },
    ),
  )
})

test('nothing measured has no quantile', () => {
  assert.equal(quantile(new Float64Array(), 0.5), undefined)
})
