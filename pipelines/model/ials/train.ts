import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Interactions, SparseRows } from '../interactions.ts'
import { confidenceOf, typicalOf } from './confidence.ts'
import type { Hyperparameters } from './fold-in.ts'
import { type SideName, type Workplace, otherSide, sideOf } from './half-sweep.ts'
import { type Matrix, diagonalise } from './matrix.ts'
import { solverOf } from './threads.ts'

export interface TrainingOptions extends Hyperparameters {
  factors: number
  sweeps: number
  /** The same seed makes the same model of the same plays. */
  seed: number
  /** Default: this one only. */
  threads?: number
  /** Told after each sweep. */
  onSweep?: (done: number) => void
}

/** Chosen on the validation split of HetRec 2011 alone; see DECISIONS. */
export const trainingDefaults = {
  factors: 64,
  sweeps: 10,
  regularisation: 0.011,
  unobserved: 0.06,
  exponent: 1,
  seed: 1,
} as const satisfies TrainingOptions

/** What iALS has found: a vector for each listener and each artist. A score is the product of the two. */
export interface Embeddings {
  listeners: Matrix
  artists: Matrix
  /** By what plays were counted: see {@link confidenceOf}. */
  typical: number
}

/** Numbers that it begins with are uniform between minus and plus half of this: small, so that the first sweep is free to turn anywhere. */
const SPREAD = 0.05

/**
 * Matrix factorisation by alternating least squares: the vectors of one side are found from those of the other, and the other way round.
 * How many threads there are changes nothing but the time that it takes.
 */
export async function train(
  { listeners, artists, byListener, byArtist }: Interactions,
  { factors, sweeps, seed, threads = 1, onSweep, ...hyperparameters }: TrainingOptions,
): Promise<Embeddings> {
  const typical = typicalOf(byListener.values)
  const workplace: Workplace = {
    listeners: sideOf(listeners.length, factors, confidencesOf(byListener, typical)),
    artists: sideOf(artists.length, factors, confidencesOf(byArtist, typical)),
    hyperparameters,
  }
  const found = { listeners: workplace.listeners.vectors, artists: workplace.artists.vectors, typical }
  const random = xoroshiro128plus(seed)
  for (const index of found.artists.values.keys())
    found.artists.values[index] = SPREAD * (uniformFloat64(random) - 0.5)
  const solver = solverOf(workplace, threads)
  const halfSweep = (solve: SideName) =>
    solver.solve({ solve, gram: diagonalise(found[otherSide[solve]]).gram })
  try {
    for (let sweep = 1; sweep <= sweeps; sweep++) {
      await halfSweep('listeners')
      await halfSweep('artists')
      onSweep?.(sweep)
    }
    await halfSweep('listeners')
  } finally {
    await solver.close()
  }
  return found
}

const confidencesOf = (plays: SparseRows, typical: number): SparseRows => ({
  ...plays,
  values: plays.values.map((count) => confidenceOf(count, typical)),
})
