import { avroState } from '../store-codec.ts'
import { type AnyAggregate, type Of, finite } from './aggregate.ts'
import { type ExactSum, nearest, plus, plusSum } from './exact-sum.ts'

/** Figures added up, and how many they were. */
export interface Mean {
  readonly figures: number
  readonly sum: ExactSum
}

const meanCodec = avroState<Mean>({
  type: 'record',
  name: 'Mean',
  fields: [
    { name: 'figures', type: 'long' },
    { name: 'sum', type: { type: 'array', items: 'double' } },
  ],
})

/**
 * The arithmetic mean of a figure; null if no row had one. A row without it counts for nothing.
 *
 *     msPlayed     --30--12--null--
 *     mean         --30--21----21--
 *
 * The sum is exact and rounded once, so that the order of rows means nothing. State: an Avro record, see {@link Mean}.
 */
export function mean<V>(of: Of<V, number>): AnyAggregate<V, Mean, number | null> {
  const figureOf = finite('mean', of)
  return {
    initial: () => ({ figures: 0, sum: [] }),
    add(known, value) {
      const figure = figureOf(value)
      return figure === null ? known : { figures: known.figures + 1, sum: plus(known.sum, figure) }
    },
    merge: (a, b) => ({ figures: a.figures + b.figures, sum: plusSum(a.sum, b.sum) }),
    result: ({ figures, sum }) => (figures === 0 ? null : nearest(sum) / figures),
    codec: meanCodec,
  }
}
