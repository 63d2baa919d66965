import { type AnyAggregate, type Of, finite } from './aggregate.ts'
import { type ExactSum, exactSumCodec, nearest, plus, plusSum } from './exact-sum.ts'

const TOO_LARGE =
  'sum() of whole numbers is beyond 2^53, where a number rounds: use sumBigint(), or add up something smaller'

/**
 * The sum of a figure; of nothing it is 0.
 *
 *     msPlayed     --30--12---8--
 *     sum          --30--42--50--
 *
 * Nothing is rounded but the result, to the nearest double: decimals in any order give the same sum.
 * State: an Avro array of doubles, see {@link ExactSum}.
 *
 * @throws RangeError where whole numbers add up to more than 2^53 − 1 either way; {@link sumBigint} goes on.
 */
export function sum<V>(of: Of<V, number>): AnyAggregate<V, ExactSum, number> {
  const figureOf = finite('sum', of)
  return {
    initial: () => [],
    add(total, value) {
      const figure = figureOf(value)
      return figure === null ? total : plus(total, figure)
    },
    merge: plusSum,
    result(total) {
      const rounded = nearest(total)
      if (Math.abs(rounded) > Number.MAX_SAFE_INTEGER && total.every(Number.isInteger))
        throw new RangeError(TOO_LARGE)
      return rounded
    },
    codec: exactSumCodec,
  }
}
