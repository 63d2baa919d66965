import type { DDSketch } from '@datadog/sketches-js'
import { type AnyAggregate, type Of, finite } from './aggregate.ts'
import { emptySketch, merged, sketchCodec } from './quantile-sketch.ts'

/** Bins are for figures from 10^-12 to 10^18: so a sketch has a largest size, at 1 % some 28 KB on either side of zero. */
const NEAREST = 1e-12
const FARTHEST = 1e18
const TOO_FAR = 'quantiles() is given a figure beyond 10^18, where its bins end: give it in a larger unit'

export interface QuantilesOptions {
  /** How far from the exact quantile an answer may be, relative to it, from 0.001 on. Default: 0.01. */
  accuracy?: number
}

/** One answer for each quantile asked for, in the same order. */
export type QuantileAnswers<Asked extends readonly number[]> = { [Index in keyof Asked]: number | null }

/** A sketch, of the library's own type, which whoever uses this needs not know. */
export type QuantileState = object

/**
 * Quantiles of a figure, each within 1 % of the exact one; null if no row had it. `quantiles(of, [0.5, 0.99])` answers
 * with `[median, p99]`. Of n sorted figures the quantile q is the one at ⌊q (n − 1)⌋.
 *
 *     figures     1 … 10  12  15  22  30  54 …
 *     bins        |1|1.02|1.04|1.06| … |54.1|      each 2 % wider than the one before: counted are the figures in each
 *
 * A DDSketch: it holds counts only, so that neither the order of rows nor their split over merged sketches changes an answer (a
 * t-digest's depend on both). What is nearer to zero than 10^-12 counts as zero; what is beyond 10^18 either way is an error.
 * State: Avro, see {@link sketchCodec}.
 *
 * Source: Masson, Rim, Lee, DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees, 2019.
 */
export function quantiles<V, const Asked extends readonly number[]>(
  of: Of<V, number>,
  asked: Asked,
  { accuracy = 0.01 }: QuantilesOptions = {},
): AnyAggregate<V, QuantileState, QuantileAnswers<Asked>> {
  if (asked.length === 0 || !asked.every((quantile) => quantile >= 0 && quantile <= 1))
    throw new RangeError('quantiles(of, asked) needs at least one quantile: give numbers from 0 to 1')
  if (!(accuracy >= 0.001 && accuracy < 1))
    throw new RangeError('quantiles() cannot be as accurate as that: give an accuracy from 0.001 to below 1')
  const figureOf = finite('quantiles', of)
  const answer = (sketch: DDSketch, quantile: number) =>
    sketch.count === 0 ? null : sketch.getValueAtQuantile(quantile)
  const aggregate: AnyAggregate<V, DDSketch, QuantileAnswers<Asked>> = {
    initial: () => emptySketch(accuracy),
    add(sketch, value) {
      const figure = figureOf(value)
      if (figure === null) return sketch
      if (Math.abs(figure) > FARTHEST) throw new RangeError(TOO_FAR)
      sketch.accept(Math.abs(figure) < NEAREST ? 0 : figure)
      return sketch
    },
    merge: (a, b) => merged(accuracy, a, b),
    result: (sketch) => asked.map((quantile) => answer(sketch, quantile)) as QuantileAnswers<Asked>,
    codec: sketchCodec(accuracy),
  }
  return aggregate
}
