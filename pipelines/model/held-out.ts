import { hash } from 'node:crypto'
import { type Listening, compareIds } from './interactions.ts'
import { type HeldOutQuality, RANKS, meanQuality, qualityOf } from './metrics.ts'
import type { Model } from './serve/model.ts'
import { splitByHash } from './split.ts'
import { topOf } from './top.ts'

/** One listener in so many is held out of every training. */
const ONE_IN = 10
/** The bytes of a SHA-256 that are read as a number. */
const PREFIX_HEX = 8

/** Whether a listener is held out: the same ones of all versions, so that no version has seen those by whom two are compared. */
export const isHeldOut = ({ listener }: Pick<Listening, 'listener'>): boolean =>
  parseInt(hash('sha256', `held-out:${listener}`).slice(0, PREFIX_HEX), 16) % ONE_IN === 0

/**
 * How good a model is for listeners whom it has not seen, the way it meets them in service: it is told four fifths of what each has played, and
 * is to find the rest. Null if there is nobody of whom something can be held back.
 */
export async function qualityForHeldOut(
  model: Model,
  listenings: readonly Listening[],
): Promise<HeldOutQuality | null> {
  const { train, test } = splitByHash(listenings.filter(isHeldOut))
  const played = Map.groupBy(train, ({ listener }) => listener)
  const relevant = [...Map.groupBy(test, ({ listener }) => listener)].sort(([one], [other]) =>
    compareIds(one, other),
  )
  if (relevant.length === 0) return null
  const all = await Promise.all(
    relevant.map(async ([listener, rows]) => {
      const ofListener = played.get(listener) ?? []
      const { vector, known } = model.foldIn(ofListener.map(({ artist, plays }) => [artist, plays]))
      const numbers = topOf(await model.scores(vector, known), RANKS)
      const ids = new Set(rows.map(({ artist }) => artist))
      return {
        model: qualityOf(idsOf(model, numbers), ids),
        popularity: qualityOf(idsOf(model, popularWithout(model, new Set(known))), ids),
      }
    }),
  )
  return {
    listeners: all.length,
    model: meanQuality(all.map((each) => each.model)),
    popularity: meanQuality(all.map((each) => each.popularity)),
  }
}

const idsOf = ({ metadata: { artists } }: Model, numbers: readonly number[]): string[] =>
  numbers.map((number) => artists[number]!.id)

const popularWithout = ({ metadata: { popular } }: Model, known: ReadonlySet<number>): number[] =>
  popular['']!.filter((number) => !known.has(number)).slice(0, RANKS)
