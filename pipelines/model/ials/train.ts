import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type Interactions, type SparseRows, rowOf } from '../interactions.ts'
import { FoldIn, type Hyperparameters } from './fold-in.ts'
import { type Matrix, diagonalise, vectorOf, zeros } from './matrix.ts'

export interface TrainingOptions extends Hyperparameters {
  factors: number
  sweeps: number
  /** The same seed makes the same model of the same plays. */
  seed: number
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
}

/** Numbers that it begins with are uniform between minus and plus half of this: small, so that the first sweep is free to turn anywhere. */
const SPREAD = 0.05

/** Matrix factorisation by alternating least squares: the vectors of one side are found from those of the other, and the other way round. */
export function train(
  { listeners, artists, byListener, byArtist }: Interactions,
  { factors, sweeps, seed, onSweep, ...hyperparameters }: TrainingOptions,
): Embeddings {
  const typical = medianOf(byListener.values.map(Math.log1p))
  const ofListener = confidencesOf(byListener, typical)
  const ofArtist = confidencesOf(byArtist, typical)
  const found = { listeners: zeros(listeners.length, factors), artists: zeros(artists.length, factors) }
  const random = xoroshiro128plus(seed)
  for (const index of found.artists.values.keys())
    found.artists.values[index] = SPREAD * (uniformFloat64(random) - 0.5)
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    halfSweep(found.artists, ofListener, found.listeners, hyperparameters)
    halfSweep(found.listeners, ofArtist, found.artists, hyperparameters)
    onSweep?.(sweep)
  }
  halfSweep(found.artists, ofListener, found.listeners, hyperparameters)
  return found
}

/** Finds the vectors of one side, `solved`, from those of the other, which are turned into another basis on the way. */
function halfSweep(
  vectors: Matrix,
  confidences: SparseRows,
  solved: Matrix,
  hyperparameters: Hyperparameters,
): void {
  const foldIn = new FoldIn({ vectors, gram: diagonalise(vectors) }, hyperparameters)
  for (let row = 0; row < solved.rows; row++) foldIn.solve(rowOf(confidences, row), vectorOf(solved, row))
}

/** An artist played a thousand times says more than one played once, but not a thousand times as much; in the middle of all it weighs 1. */
const confidencesOf = (plays: SparseRows, typical: number): SparseRows => ({
  ...plays,
  values: plays.values.map((count) => Math.log1p(count) / typical),
})

const medianOf = (values: Float64Array): number => values.toSorted()[values.length >> 1]!
