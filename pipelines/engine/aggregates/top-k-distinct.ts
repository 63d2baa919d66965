import type { AnyAggregate, Of } from './aggregate.ts'
import { type Largest, largest } from './largest.ts'

/**
 * The `n` largest different figures, the largest first, as by ksqlDB's TOPKDISTINCT.
 *
 *     msPlayed             --30----12-----40-----40-----
 *     topKDistinct(2)      --30----30,12--40,30--40,30--
 *
 * Meant for a small `n`: a row costs up to `n` steps. State: an Avro array of doubles.
 */
export const topKDistinct = <V>(n: number, of: Of<V, number>): AnyAggregate<V, Largest, number[]> =>
  largest('topKDistinct', n, of, (known, figure) => !known.includes(figure))
