import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Matrix as Dense, solve } from 'ml-matrix'
import { FoldIn, type Hyperparameters } from '../../../../pipelines/model/ials/fold-in.ts'
import { type Matrix, diagonalise } from '../../../../pipelines/model/ials/matrix.ts'

const WIDTH = 5

/** The same by the normal equations, in the basis that the vectors came in. */
function scoresByHand(
  given: number[][],
  known: Map<number, number>,
  hyperparameters: Hyperparameters,
): number[] {
  const { unobserved, regularisation, exponent } = hyperparameters
  const all = new Dense(given)
  const ridge = regularisation * (known.size + unobserved * given.length) ** exponent
  const system = all.transpose().mmul(all).mul(unobserved).add(Dense.eye(WIDTH, WIDTH).mul(ridge))
  const right = Dense.zeros(WIDTH, 1)
  for (const [row, weight] of known) {
    const vector = Dense.columnVector(given[row]!)
    system.add(vector.mmul(vector.transpose()).mul(weight))
    right.add(vector.clone().mul(weight))
  }
  return all.mmul(solve(system, right)).to1DArray()
}

const number = fc.double({ min: -2, max: 2, noNaN: true })
const cases = fc.record({
  given: fc.array(fc.array(number, { minLength: WIDTH, maxLength: WIDTH }), { minLength: 1, maxLength: 9 }),
  known: fc.uniqueArray(fc.tuple(fc.nat(8), fc.double({ min: 0.1, max: 5, noNaN: true })), {
    selector: ([row]) => row,
  }),
  hyperparameters: fc.record({
    unobserved: fc.double({ min: 0.01, max: 1, noNaN: true }),
    regularisation: fc.double({ min: 0.05, max: 2, noNaN: true }),
    exponent: fc.constantFrom(0, 0.5, 1),
  }),
})

test('what is folded in has the scores that the normal equations give, with fewer cells than factors and with more', () => {
  fc.assert(
    fc.property(cases, ({ given, known: some, hyperparameters }) => {
      const known = some.filter(([row]) => row < given.length)
      const vectors: Matrix = { rows: given.length, width: WIDTH, values: Float64Array.from(given.flat()) }
      const vector = new Float64Array(WIDTH)
      const row = {
        columns: Int32Array.from(known.map(([column]) => column)),
        values: Float64Array.from(known.map(([, weight]) => weight)),
      }
      new FoldIn({ vectors, gram: diagonalise(vectors).gram }, hyperparameters).solve(row, vector)
      const wanted = scoresByHand(given, new Map(known), hyperparameters)
      for (const [at, score] of wanted.entries()) {
        const turned = vectors.values.subarray(at * WIDTH, (at + 1) * WIDTH)
        const found = turned.reduce((sum, value, factor) => sum + value * vector[factor]!, 0)
        assert.ok(Math.abs(found - score) < 1e-6 * (1 + Math.abs(score)), `${found} for ${score}`)
      }
    }),
    { numRuns: 1_000 },
  )
})
