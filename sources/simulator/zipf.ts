import type { Random } from './random.ts'

/**
 * Ranks 0 … size − 1 by Zipf's law: rank k is drawn in proportion to 1 / (k + 1)^exponent. Listening is like that: a few
 * artists have most of the plays, and nearly all of the others still have some.
 */
export function zipf(size: number, exponent: number): (random: Random) => number {
  const cumulative = new Float64Array(size)
  let total = 0
  for (let rank = 0; rank < size; rank++) {
    total += (rank + 1) ** -exponent
    cumulative[rank] = total
  }
  return (random) => firstAbove(cumulative, random.unit() * total)
}

function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}
