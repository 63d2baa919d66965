import type { Interactions, Listening } from './interactions.ts'
import { type Quality, RANKS, meanQuality, qualityOf } from './metrics.ts'
import { type Scorer, rankings } from './rank.ts'

/** How good the lists are that a scorer makes of what it was trained on, for each listener of whom something was held back: at least one. */
export function qualityOn(train: Interactions, test: readonly Listening[], scorer: Scorer): Quality {
  const testOf = Map.groupBy(test, ({ listener }) => listener)
  const all: Quality[] = []
  for (const { listener, artists } of rankings(train, scorer, RANKS)) {
    const relevant = testOf.get(listener)
    if (relevant !== undefined) all.push(qualityOf(artists, new Set(relevant.map(({ artist }) => artist))))
  }
  return meanQuality(all)
}
