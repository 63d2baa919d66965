import { avroState } from '../store-codec.ts'

/**
 * A sum of doubles without any rounding: numbers whose bits do not overlap, the smallest first, that together are the sum.
 * Whole numbers below 2^53 need one, amounts with decimals two or three. A plain sum of floats depends on their order; this one
 * does not, so that a replay, panes merged in another order or a restart give the same to the last bit.
 *
 * Source: J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates, 1997.
 */
export type ExactSum = readonly number[]

/** An Avro array of doubles. */
export const exactSumCodec = avroState<ExactSum>({ type: 'array', items: 'double' })

/** @throws RangeError beyond the largest double. */
export function plus(sum: ExactSum, value: number): ExactSum {
  // Nearly all: whole numbers, far from where one would be rounded.
  if (sum.length <= 1) {
    const part = sum[0] ?? 0
    const total = part + value
    const isExact = Number.isSafeInteger(part) && Number.isSafeInteger(value) && Number.isSafeInteger(total)
    if (isExact && total !== 0) return [total]
  }
  const parts: number[] = []
  let carried = value
  for (const part of sum) {
    const total = carried + part
    const rounded = Math.abs(carried) < Math.abs(part) ? carried - (total - part) : part - (total - carried)
    if (rounded !== 0) parts.push(rounded)
    carried = total
  }
  if (!Number.isFinite(carried))
    throw new RangeError('a sum is beyond the largest number there is: add up something smaller')
  if (carried !== 0) parts.push(carried)
  return parts
}

export const plusSum = (a: ExactSum, b: ExactSum): ExactSum => b.reduce(plus, a)

/** The double nearest to the sum; of two as near the even one. */
export function nearest(sum: ExactSum): number {
  let total = sum.at(-1) ?? 0
  for (let below = sum.length - 2; below >= 0; below--) {
    const before = total
    const part = sum[below]!
    total = before + part
    const rest = part - (total - before)
    if (rest === 0) continue
    // Rounded. Were the rest just half of the last bit, rounding went to even, and what lies below it decides otherwise.
    const farther = total + 2 * rest
    const half = farther - total === 2 * rest
    return half && Math.sign(sum[below - 1] ?? 0) === Math.sign(rest) ? farther : total
  }
  return total
}
