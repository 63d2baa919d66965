import type { AnyAggregate, Of } from './aggregate.ts'
import { extreme } from './extreme.ts'

/**
 * The smallest figure; null if no row had one.
 *
 *     msPlayed     --30--12--40--
 *     min          --30--12--12--
 *
 * State: an Avro double, or null.
 */
export const min = <V>(of: Of<V, number>): AnyAggregate<V, number | null, number | null> =>
  extreme('min', of, Math.min)
