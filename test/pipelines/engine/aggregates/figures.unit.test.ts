/** The exact aggregates, against what one would compute from the whole list. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  argMax,
  count,
  max,
  mean,
  min,
  quantiles,
  sum,
  sumBigint,
  topK,
  topKDistinct,
} from '../../../../pipelines/engine/index.ts'
import { foldAll } from './fold-all.ts'

const itself = (figure: number) => figure
const numRuns = 2_000
const whole = fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { maxLength: 40 })
const close = fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 40 })
const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 40 })
const unsigned = (figure: number) => figure + 0

/** Multiples of 2^-60 up to 2^53: their sum is exact as a bigint of so many 2^-60. */
const UNIT = 2 ** 60
const decimal = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 60 }))
  .map(([figure, shift]) => figure / 2 ** shift)
const exactly = (all: readonly number[]) => all.reduce((total, each) => total + BigInt(each * UNIT), 0n)

describe('count and sum', () => {
  test('rows are counted, whole figures added up', () => {
    fc.assert(
      fc.property(whole, (all) => {
        assert.equal(foldAll(count(), all), all.length)
        assert.equal(
          foldAll(sum(itself), all),
          all.reduce((a, b) => a + b, 0),
        )
      }),
      { numRuns },
    )
  })

  test('decimals are rounded once, to the double nearest to the exact sum', () => {
    fc.assert(
      fc.property(fc.array(decimal, { maxLength: 12 }), (all) => {
        const wanted = Number(exactly(all)) / UNIT
        fc.pre(Math.abs(wanted) <= Number.MAX_SAFE_INTEGER)
        assert.equal(foldAll(sum(itself), all), wanted)
      }),
      { numRuns: 5_000 },
    )
    assert.equal(foldAll(sum(itself), [0.1, 0.2, 0.3, -0.3, -0.2, -0.1]), 0)
    assert.equal(
      foldAll(
        sum(itself),
        Array.from({ length: 10 }, () => 0.1),
      ),
      1,
    )
  })

  test('half of the last bit goes to even, unless something smaller decides', () => {
    const half = 2 ** -53
    assert.equal(foldAll(sum(itself), [1, half]), 1)
    assert.equal(foldAll(sum(itself), [1, half, 2 ** -200]), 1 + 2 ** -52)
    assert.equal(foldAll(sum(itself), [1, half, -(2 ** -200)]), 1)
  })

  test('whole numbers beyond 2^53 are an error that names the way out, and may come back from there', () => {
    const largest = Number.MAX_SAFE_INTEGER
    assert.equal(foldAll(sum(itself), [largest]), largest)
    assert.throws(() => foldAll(sum(itself), [largest, 1]), /sum\(\).*beyond 2\^53.*sumBigint/)
    assert.throws(() => foldAll(sum(itself), [-largest, -2]), RangeError)
    assert.equal(foldAll(sum(itself), [largest, 1, 1, -3]), largest - 1)
    assert.throws(() => foldAll(sum(itself), [Number.MAX_VALUE, Number.MAX_VALUE]), /largest number/)
  })

  test('a bigint sum has no end', () => {
    const figures = fc.array(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }))
    fc.assert(
      fc.property(figures, (all) => {
        const total = all.reduce((a, b) => a + b, 0n)
        const { result, codec } = sumBigint((figure: bigint) => figure)
        assert.equal(
          foldAll(
            sumBigint((figure: bigint) => figure),
            all,
          ),
          total,
        )
        assert.equal(result(codec.decode(codec.encode(total)), '', { start: 0, end: 0 }), total)
        assert.equal(codec.encode(total).length % 8, 0)
      }),
      { numRuns },
    )
  })
})

describe('min, max, mean', () => {
  test('are those of the list', () => {
    fc.assert(
      fc.property(numbers, (all) => {
        fc.pre(all.length > 0)
        assert.equal(foldAll(min(itself), all), unsigned(Math.min(...all)))
        assert.equal(foldAll(max(itself), all), unsigned(Math.max(...all)))
      }),
      { numRuns },
    )
    fc.assert(
      fc.property(whole, (all) => {
        const total = all.reduce((a, b) => a + b, 0)
        assert.equal(foldAll(mean(itself), all), all.length === 0 ? null : total / all.length)
      }),
      { numRuns },
    )
  })

  test('of nothing are null', () => {
    for (const aggregate of [min(itself), max(itself), mean(itself)])
      assert.equal(foldAll<number, never, number | null>(aggregate as never, []), null)
  })

  test('argMax is the text of the largest figure, of equal ones the last in UTF-8', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.integer({ min: -2, max: 2 })), {
      minLength: 1,
    })
    const text = argMax(
      ([name]: [string, number]) => name,
      ([, figure]) => figure,
    )
    fc.assert(
      fc.property(pairs, (all) => {
        const largest = Math.max(...all.map(([, figure]) => figure))
        const names = all.filter(([, figure]) => figure === largest).map(([name]) => Buffer.from(name))
        assert.equal(foldAll(text, all), names.toSorted(Buffer.compare).at(-1)?.toString())
      }),
      { numRuns },
    )
    assert.equal(foldAll(text, []), null)
  })

  test('a mean counts only rows that have the figure', () => {
    const known = mean((figure: number | null) => figure)
    assert.equal(foldAll(known, [30, null, 12]), 21)
  })
})

describe('topK and topKDistinct', () => {
  const descending = (all: readonly number[]) => all.map(unsigned).toSorted((a, b) => b - a)
  const n = fc.integer({ min: 1, max: 6 })

  test('are the head of the sorted list, with and without repetitions', () => {
    fc.assert(
      fc.property(n, fc.oneof(close, numbers), (k, all) => {
        assert.deepEqual(foldAll(topK(k, itself), all), descending(all).slice(0, k))
        assert.deepEqual(foldAll(topKDistinct(k, itself), all), [...new Set(descending(all))].slice(0, k))
      }),
      { numRuns },
    )
  })

  test('need a place at least', () => {
    for (const k of [0, -1, 1.5, Number.NaN]) assert.throws(() => topK(k, itself), /topK.*from 1 on/)
    assert.throws(() => topKDistinct(0, itself), /topKDistinct/)
  })
})

test('what is no finite number is an error that names the aggregate, not the value', () => {
  const all = { sum: sum(itself), min: min(itself), max: max(itself), mean: mean(itself) }
  const more = {
    topK: topK(1, itself),
    topKDistinct: topKDistinct(1, itself),
    quantiles: quantiles(itself, [0.5]),
  }
  for (const [name, aggregate] of Object.entries({ ...all, ...more })) {
    for (const figure of [Number.NaN, Infinity, -Infinity]) {
      const failing = () =>
        (aggregate.add as (state: unknown, value: number) => unknown)(aggregate.initial(), figure)
      assert.throws(
        failing,
        (error: Error) => error.message.startsWith(`${name}() `) && !/NaN|Infinity/.test(error.message),
      )
    }
  }
})
