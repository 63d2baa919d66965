/**
 * How much it weighs that a listener has played an artist so often: an artist played a thousand times says more than one played once, but not a
 * thousand times as much.
 * @param typical {@link typicalOf} what a model was trained on: played so often it weighs 1
 */
export const confidenceOf = (plays: number, typical: number): number => Math.log1p(plays) / typical

/** The median of `log(1 + plays)`. */
export const typicalOf = (plays: Float64Array): number => plays.map(Math.log1p).sort()[plays.length >> 1]!
