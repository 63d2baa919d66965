import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type Interactions, type SparseRows, rowOf } from '../interactions.ts'
import { FoldIn, type Weights } from './fold-in.ts'
import { type Matrix, vectorOf, zeros } from './matrix.ts'

export interface TrainingOptions extends Weights {
  factors: number
  sweeps: number
  /** The same seed makes the same model of the same plays. */
  seed: number
  /** Told after each sweep. */
  onSweep?: (done: number) => void
}

/** Chosen on the validation split of the protocol alone; see DECISIONS. */
export const trainingDefaults = {
  factors: 64,
  sweeps: 10,
  unobserved: 0.06,
  regularisation: 0.011,
  exponent: 1,
  seed: 1,
} as const satisfies TrainingOptions

/** What iALS has found: a score is the product of a listener's vector and an artist's. */
export interface Factors {
  listeners: Matrix
  artists: Matrix
}

/** Of the numbers that it begins with; which they are hardly matters. */
const SPREAD = 0.05

/** Matrix factorisation by alternating least squares: the vectors of one side are found from those of the other, and the other way round. */
export function train(
  { listeners, artists, byListener, byArtist }: Interactions,
  { factors, sweeps, seed, onSweep, ...weights }: TrainingOptions = trainingDefaults,
): Factors {
  const known = { listeners: weighted(byListener), artists: weighted(byArtist) }
  const found = { listeners: zeros(listeners.length, factors), artists: zeros(artists.length, factors) }
  const random = xoroshiro128plus(seed)
  for (const index of found.artists.values.keys())
    found.artists.values[index] = SPREAD * (uniformFloat64(random) - 0.5)
  for (let sweep = 1; sweep <= sweeps; sweep++) {
    solveAll(found.listeners, known.listeners, new FoldIn(found.artists, weights))
    solveAll(found.artists, known.artists, new FoldIn(found.listeners, weights))
    onSweep?.(sweep)
  }
  solveAll(found.listeners, known.listeners, new FoldIn(found.artists, weights))
  return found
}

function solveAll(vectors: Matrix, known: SparseRows, foldIn: FoldIn): void {
  for (let row = 0; row < vectors.rows; row++) foldIn.solve(rowOf(known, row), vectorOf(vectors, row))
}

/** How much a number of plays says: an artist played a thousand times says more than one played once, but not a thousand times as much. */
const weightOf = (plays: number): number => Math.log1p(plays) / TYPICAL

/** About the logarithm of the plays of an artist in the middle of a listener's list, so that weights are about 1. */
const TYPICAL = 5.5

const weighted = (rows: SparseRows): SparseRows => ({ ...rows, values: rows.values.map(weightOf) })
