import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { topOf } from '../../../pipelines/model/top.ts'

test('the first of all scores in order, of equal ones the lower number first, are those of a sort', () => {
  const score = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(-Infinity), fc.double({ noNaN: true }))
  fc.assert(
    fc.property(fc.array(score, { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (scores, count) => {
      const sorted = [...scores.keys()]
        .filter((number) => scores[number] !== -Infinity)
        .sort((one, other) =>
          scores[one] === scores[other] ? one - other : scores[other]! > scores[one]! ? 1 : -1,
        )
      assert.deepEqual(topOf(Float64Array.from(scores), count), sorted.slice(0, count))
    }),
    { numRuns: 3_000 },
  )
})
