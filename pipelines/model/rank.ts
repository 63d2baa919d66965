import { type Interactions, rowOf } from './interactions.ts'
import type { Embeddings } from './ials/train.ts'
import { vectorOf } from './ials/matrix.ts'
import { topOf } from './top.ts'

/** Scores every artist for a listener, both by number, into `scores`. */
export type Scorer = (listener: number, scores: Float64Array) => void

export function embeddingScorer({ listeners, artists }: Embeddings): Scorer {
  const { width, values } = artists
  return (listener, scores) => {
    const vector = vectorOf(listeners, listener)
    for (let artist = 0; artist < artists.rows; artist++) {
      let score = 0
      for (let factor = 0; factor < width; factor++)
        score += vector[factor]! * values[artist * width + factor]!
      scores[artist] = score
    }
  }
}

/** By the number of listeners that an artist has: what every other way has to be better than. */
export function popularityScorer({ byArtist: { starts } }: Interactions): Scorer {
  return (_, scores) => {
    for (let artist = 0; artist < scores.length; artist++)
      scores[artist] = starts[artist + 1]! - starts[artist]!
  }
}

export interface Ranking {
  listener: string
  /** Best first, without those that the listener has played. */
  artists: string[]
}

/** The first `count` artists for each listener, in order of the listeners. */
export function* rankings(
  { listeners, artists, byListener }: Interactions,
  scorer: Scorer,
  count: number,
): Generator<Ranking> {
  const scores = new Float64Array(artists.length)
  for (const [number, listener] of listeners.entries()) {
    scorer(number, scores)
    for (const known of rowOf(byListener, number).columns) scores[known] = -Infinity
    yield { listener, artists: topOf(scores, count).map((artist) => artists[artist]!) }
  }
}
