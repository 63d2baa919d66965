import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantiles } from '../../../../pipelines/engine/index.ts'
import { foldAll, nowhere, stateOf } from './fold-all.ts'

type Sketching = ReturnType<typeof quantiles<number, typeof ASKED>>

const itself = (figure: number) => figure
const ASKED = [0, 0.1, 0.5, 0.9, 0.99, 1] as const

/** Of n sorted figures the one at ⌊q (n − 1)⌋. */
const exact = (all: readonly number[]) => {
  const sorted = all.toSorted((a, b) => a - b)
  return ASKED.map((quantile) => sorted[Math.floor(quantile * (sorted.length - 1))]!)
}

function assertWithin(accuracy: number, answers: readonly (number | null)[], all: readonly number[]) {
  for (const [index, wanted] of exact(all).entries()) {
    const off = Math.abs(answers[index]! - wanted)
    assert.ok(
      off <= accuracy * Math.abs(wanted) * (1 + 1e-9),
      `${answers[index]} is not within ${accuracy} of ${wanted}`,
    )
  }
}

/** Either sign, zero, and up to the ends of the bins. */
const figure = fc
  .tuple(fc.constantFrom(-1, 0, 1, 1), fc.double({ min: -12, max: 18, noNaN: true }))
  .map(([sign, power]) => sign * 10 ** power)
const some = fc.array(fc.oneof(figure, fc.integer({ min: -1, max: 2 })), { minLength: 1, maxLength: 60 })

for (const accuracy of [0.05, 0.01, 0.001]) {
  test(`each answer is within ${accuracy} of the exact one, folded at once, merged or restored`, () => {
    const aggregate = quantiles(itself, ASKED, { accuracy })
    const { merge, result, codec } = aggregate
    fc.assert(
      fc.property(some, fc.nat(60), (all, at) => {
        const [before, after] = [stateOf(aggregate, all.slice(0, at)), stateOf(aggregate, all.slice(at))]
        const together = merge(before, codec.decode(codec.encode(after)))
        assertWithin(accuracy, foldAll(aggregate, all), all)
        assertWithin(accuracy, result(together, ...nowhere), all)
      }),
      { numRuns: 1_000 },
    )
  })
}

test('a hundred thousand lengths of listening are within 1 %, too', () => {
  const all = Array.from({ length: 100_000 }, (_, n) => 30_000 + ((n * 7_919) % 570_001) ** 1.1)
  assertWithin(0.01, foldAll(quantiles(itself, ASKED), all), all)
})

test('bins have an end: what is too small is zero, what is too large an error, and between them there is room', () => {
  const aggregate = quantiles(itself, [0, 0.5, 1])
  for (const tiny of [Number.MIN_VALUE, -1.2e-308, 9e-13])
    assert.deepEqual(foldAll(aggregate, [tiny]), [0, 0, 0])
  for (const huge of [1.1e18, -Number.MAX_VALUE])
    assert.throws(() => foldAll(aggregate, [huge]), /quantiles\(\).*10\^18/)

  const farApart = [-1e18, -1e-12, 1e-12, 1e18]
  const state = stateOf(quantiles(itself, ASKED), farApart)
  assertWithin(0.01, quantiles(itself, ASKED).result(state, ...nowhere), farApart)
  assert.ok(aggregate.codec.encode(state).length < 8_192)
})

test('a state goes on under another accuracy', () => {
  const [before, after] = [0.01, 0.02].map((accuracy) => quantiles(itself, ASKED, { accuracy })) as [
    Sketching,
    Sketching,
  ]
  fc.assert(
    fc.property(some, some, (one, two) => {
      const restored = after.codec.decode(before.codec.encode(stateOf(before, one)))
      assertWithin(0.0303, after.result(stateOf(after, two, restored), ...nowhere), [...one, ...two])
    }),
    { numRuns: 300 },
  )
})

test('of nothing every quantile is null', () => {
  assert.deepEqual(foldAll(quantiles(itself, [0.5, 0.99]), []), [null, null])
})

test('what cannot be asked is refused at once', () => {
  for (const asked of [[], [1.01], [-0.1], [Number.NaN]])
    assert.throws(() => quantiles(itself, asked), /numbers from 0 to 1/)
  for (const accuracy of [0, 1, Number.NaN])
    assert.throws(() => quantiles(itself, [0.5], { accuracy }), /accuracy/)
})
