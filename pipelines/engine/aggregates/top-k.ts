import type { AnyAggregate, Of } from './aggregate.ts'
import { type Largest, largest } from './largest.ts'

/**
 * The `n` largest figures, the largest first; one that comes twice is there twice, as by ksqlDB's TOPK. Fewer rows, fewer
 * figures.
 *
 *     msPlayed    --30----12-----40-----40-----
 *     topK(2)     --30----30,12--40,30--40,40--
 *
 * Meant for a small `n`: a row costs up to `n` steps. State: an Avro array of doubles.
 */
export const topK = <V>(n: number, of: Of<V, number>): AnyAggregate<V, Largest, number[]> =>
  largest('topK', n, of, () => true)
