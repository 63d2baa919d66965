import type { SparseRow } from '../interactions.ts'
import { type Fixed, type Hyperparameters, diagonalFor } from './fold-in.ts'
import { vectorOf } from './matrix.ts'

/**
 * Why a score is what it is. What {@link FoldIn} finds is a sum over what is known of the listener, `x = D⁻¹ Σ z y` with `z = c (1 − x·y)`: the
 * equation that makes its derivative zero. So each known artist has its part in the score of every other, `z (y·D⁻¹ y')`, and together they
 * are the score.
 */
export class Reasons {
  readonly #known: SparseRow
  readonly #fixed: Fixed
  /** Of each known artist `D⁻¹ z y`. */
  readonly #shares: Float64Array

  /** `vector`: what {@link FoldIn} found for `known`, with the same vectors and hyperparameters. */
  constructor(known: SparseRow, vector: Float64Array, fixed: Fixed, hyperparameters: Hyperparameters) {
    const { width } = fixed.vectors
    const { columns, values: confidences } = known
    this.#known = known
    this.#fixed = fixed
    this.#shares = new Float64Array(columns.length * width)
    const diagonal = diagonalFor(columns.length, fixed, hyperparameters)
    for (const [cell, column] of columns.entries()) {
      const artist = vectorOf(fixed.vectors, column)
      const weight = confidences[cell]! * (1 - product(vector, artist))
      for (let factor = 0; factor < width; factor++)
        this.#shares[cell * width + factor] = (weight * artist[factor]!) / diagonal[factor]!
    }
  }

  /** What the known artist of a cell adds to the score of an artist, who may be the same. */
  partOf(artist: number, cell: number): number {
    const { width } = this.#fixed.vectors
    const share = this.#shares.subarray(cell * width, (cell + 1) * width)
    return product(vectorOf(this.#fixed.vectors, artist), share)
  }

  /** The known artist, by number, that adds most to the score of another one; undefined if there is no other. */
  strongestFor(artist: number): number | undefined {
    let [strongest, most]: [number | undefined, number] = [undefined, -Infinity]
    for (const [cell, column] of this.#known.columns.entries()) {
      const part = this.partOf(artist, cell)
      if (column !== artist && part > most) [strongest, most] = [column, part]
    }
    return strongest
  }
}

function product(one: Float64Array, other: Float64Array): number {
  let sum = 0
  for (let index = 0; index < one.length; index++) sum += one[index]! * other[index]!
  return sum
}
