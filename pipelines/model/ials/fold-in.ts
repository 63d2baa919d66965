import type { SparseRow } from '../interactions.ts'
import { solveInPlace } from './cholesky.ts'
import { type Matrix, diagonalise } from './matrix.ts'

/** What weighs how much; see {@link FoldIn}. */
export interface Weights {
  /** Of each cell that is empty, beside 1 for one that is not. */
  unobserved: number
  regularisation: number
  /** How much more those are regularised of whom more is known: 0 not at all, 1 in proportion. */
  exponent: number
}

/**
 * Finds the vector of one side (a listener) from those of the other that it has to do with (artists), all other vectors held fast: the `x` that
 * has the least
 *
 *     Σ w (1 − x·y)²  +  u Σ (x·y)²  +  r |x|²
 *     known cells        all cells
 *
 * (Hu, Koren and Volinsky 2008, with the regularisation of Rendle et al. 2021: `r` grows with the number of known cells). In the basis in
 * which the Gram matrix of all `y` is diagonal the last two terms are a diagonal `D`, so that with `n` known cells, fewer than there are
 * factors, a system of `n` equations does: `x = D⁻¹ Yᵀ (Y D⁻¹ Yᵀ + W⁻¹)⁻¹ 1`.
 */
export class FoldIn {
  readonly #fixed: Matrix
  readonly #weights: Weights
  readonly #gram: Float64Array
  readonly #diagonal: Float64Array
  readonly #scaled: Float64Array
  readonly #system: Float64Array
  readonly #solution: Float64Array

  /** Turns `fixed` into the basis that is meant above. */
  constructor(fixed: Matrix, weights: Weights) {
    const { width } = fixed
    this.#fixed = fixed
    this.#weights = weights
    this.#gram = diagonalise(fixed)
    this.#diagonal = new Float64Array(width)
    this.#scaled = new Float64Array(width * width)
    this.#system = new Float64Array(width * width)
    this.#solution = new Float64Array(width)
  }

  /** Writes the vector for a row of known cells, with their weights, into `vector`. */
  solve(row: SparseRow, vector: Float64Array): void {
    vector.fill(0)
    const known = row.columns.length
    if (known === 0) return
    const { unobserved, regularisation, exponent } = this.#weights
    const ridge = regularisation * (known + unobserved * this.#fixed.rows) ** exponent
    for (let factor = 0; factor < this.#gram.length; factor++)
      this.#diagonal[factor] = unobserved * this.#gram[factor]! + ridge
    if (known < this.#fixed.width) this.#solveByCells(row, vector)
    else this.#solveByFactors(row, vector)
  }

  #solveByCells({ columns, values: weights }: SparseRow, vector: Float64Array): void {
    const { width, values } = this.#fixed
    const [system, scaled, solution] = [this.#system, this.#scaled, this.#solution]
    const known = columns.length
    for (let one = 0; one < known; one++) {
      const from = columns[one]! * width
      for (let factor = 0; factor < width; factor++)
        scaled[one * width + factor] = values[from + factor]! / this.#diagonal[factor]!
      for (let other = 0; other <= one; other++) {
        let product = 0
        for (let factor = 0; factor < width; factor++)
          product += values[from + factor]! * scaled[other * width + factor]!
        system[one * known + other] = product
      }
      system[one * known + one]! += 1 / weights[one]!
      solution[one] = 1
    }
    solveInPlace(system, known, solution)
    for (let one = 0; one < known; one++)
      for (let factor = 0; factor < width; factor++)
        vector[factor]! += solution[one]! * scaled[one * width + factor]!
  }

  #solveByFactors({ columns, values: weights }: SparseRow, vector: Float64Array): void {
    const { width, values } = this.#fixed
    const system = this.#system.fill(0)
    for (let factor = 0; factor < width; factor++) system[factor * width + factor] = this.#diagonal[factor]!
    for (let cell = 0; cell < columns.length; cell++) {
      const from = columns[cell]! * width
      for (let one = 0; one < width; one++) {
        const weighted = weights[cell]! * values[from + one]!
        vector[one]! += weighted
        for (let other = 0; other <= one; other++)
          system[one * width + other]! += weighted * values[from + other]!
      }
    }
    solveInPlace(system, width, vector)
  }
}
