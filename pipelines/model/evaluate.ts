import { type Interactions, type Listening } from './interactions.ts'
import { type Quality, meanQuality, qualityOf } from './metrics.ts'
import { type Scorer, rankings } from './rank.ts'

/** As deep as a metric looks. */
const RANKS = 100

/** How good the lists are that a scorer makes of what is known, for each listener of whom something was held back. */
export function qualityOn(known: Interactions, test: readonly Listening[], scorer: Scorer): Quality {
  const held = Map.groupBy(test, ({ listener }) => listener)
  const all: Quality[] = []
  for (const { listener, artists } of rankings(known, scorer, RANKS)) {
    const relevant = held.get(listener)
    if (relevant !== undefined) all.push(qualityOf(artists, new Set(relevant.map(({ artist }) => artist))))
  }
  return meanQuality(all)
}
