import type { AnyAggregate, Of } from './aggregate.ts'
import { extreme } from './extreme.ts'

/**
 * The largest figure; null if no row had one.
 *
 *     msPlayed     --30--12--40--
 *     max          --30--30--40--
 *
 * State: an Avro double, or null.
 */
export const max = <V>(of: Of<V, number>): AnyAggregate<V, number | null, number | null> =>
  extreme('max', of, Math.max)
