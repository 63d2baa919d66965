/** What every ready-made aggregate promises, whatever it tells: see {@link Aggregate}. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  type Aggregate,
  argMax,
  combine,
  count,
  distinct,
  max,
  mean,
  min,
  quantiles,
  sum,
  sumBigint,
  topK,
  topKDistinct,
} from '../../../../pipelines/engine/index.ts'
import { foldAll, nowhere, stateOf } from './fold-all.ts'

const itself = (figure: number | null) => figure

const every: Record<string, Aggregate<number | null, unknown, unknown>> = {
  count: count(),
  sum: sum(itself),
  sumBigint: sumBigint((figure: number | null) => (figure === null ? null : BigInt(Math.trunc(figure)))),
  min: min(itself),
  max: max(itself),
  mean: mean(itself),
  argMax: argMax((figure: number | null) => (figure === null ? null : String(figure % 7)), itself),
  distinct: distinct((figure: number | null) => figure?.toString() ?? null),
  topK: topK(3, itself),
  topKDistinct: topKDistinct(3, itself),
  quantiles: quantiles(itself, [0, 0.25, 0.5, 0.99, 1]),
  combine: combine({
    plays: count(),
    ms: sum(itself),
    who: distinct((figure: number | null) => String(figure)),
    p: quantiles(itself, [0.5]),
  }),
}

/** Few different whole ones, so that they meet; decimals that do not add up evenly; far apart; and none. */
const figure = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ min: -1e18, max: 1e18, noNaN: true }),
  fc.constantFrom(null, 1e-300, -1.2e-308, 1e-12, 1e18),
)
const rows = fc.array(figure, { maxLength: 30 })

for (const [name, aggregate] of Object.entries(every)) {
  const { initial, merge, result, codec } = aggregate
  // A sketch of figures that are far apart has thousands of bins to merge.
  const numRuns = name === 'quantiles' || name === 'combine' ? 300 : 1_000
  const told = (state: unknown) => result(state, ...nowhere)
  // A result of huge whole figures may be an error; then it is the same one everywhere.
  const outcome = (state: unknown) => {
    try {
      return structuredClone(told(state))
    } catch (error) {
      return (error as Error).message
    }
  }
  const bytes = (state: unknown) => codec.encode(state).toString('hex')
  const of = (list: readonly (number | null)[]) => stateOf(aggregate, list)

  describe(name, () => {
    test('any split, merged in any order, is one fold of all rows', () => {
      fc.assert(
        fc.property(rows, rows, rows, (one, two, three) => {
          const whole = outcome(of([...one, ...two, ...three]))
          const [a, b, c] = [of(one), of(two), of(three)]
          assert.deepEqual(outcome(merge(merge(a, b), c)), whole)
          assert.deepEqual(outcome(merge(a, merge(b, c))), whole)
          assert.deepEqual(outcome(merge(c, merge(b, a))), whole)
        }),
        { numRuns },
      )
    })

    test('the order of rows means nothing', () => {
      const shuffled = rows.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      )
      fc.assert(
        fc.property(shuffled, ([list, other]) => assert.deepEqual(outcome(of(other)), outcome(of(list)))),
        { numRuns },
      )
    })

    test('merging with nothing changes nothing', () => {
      fc.assert(
        fc.property(rows, (list) => {
          assert.deepEqual(outcome(merge(initial(), of(list))), outcome(of(list)))
          assert.deepEqual(outcome(merge(of(list), initial())), outcome(of(list)))
        }),
        { numRuns },
      )
    })

    test('what has been merged or told is not changed by what comes later, and a pane can be merged again', () => {
      fc.assert(
        fc.property(rows, rows, rows, (one, two, more) => {
          const [a, b] = [of(one), of(two)]
          const before = [bytes(a), bytes(b)]
          const both = merge(a, b)
          const first = outcome(both)
          const shown = typeof first === 'string' ? undefined : told(both)
          stateOf(aggregate, more, both)
          assert.deepEqual([bytes(a), bytes(b)], before)
          assert.deepEqual(outcome(merge(a, b)), first)
          if (shown !== undefined) assert.deepEqual(shown, first)
        }),
        { numRuns },
      )
    })

    test('written and read anywhere in between, it goes on the same', () => {
      fc.assert(
        fc.property(rows, rows, (before, after) => {
          // A slice of a pool, as a restore gives it: at any offset.
          const written = Buffer.concat([Buffer.alloc(3), codec.encode(of(before))]).subarray(3)
          const restored = codec.decode(written)
          assert.equal(bytes(restored), written.toString('hex'))
          assert.deepEqual(outcome(stateOf(aggregate, after, restored)), outcome(of([...before, ...after])))
        }),
        { numRuns },
      )
    })

    test('what was written stays as it is while the state goes on', () => {
      const state = of([1, 2, 3])
      const written = codec.encode(state)
      const copy = Buffer.from(written)
      stateOf(aggregate, [4, -5, 6.5], state)
      assert.deepEqual(written, copy)
    })
  })
}

test('a row without the figure adds nothing', () => {
  const { count: _count, combine: _combine, ...others } = every
  for (const [name, aggregate] of Object.entries(others))
    assert.deepEqual(foldAll(aggregate, [null, null]), foldAll(aggregate, []), name)
})
