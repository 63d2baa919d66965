import type { SparseRow } from '../interactions.ts'
import { solveInPlace } from './cholesky.ts'
import type { Matrix } from './matrix.ts'

/** What iALS has to be told; see {@link FoldIn}. */
export interface Hyperparameters {
  /** λ, more than 0: how much vectors are kept short. */
  regularisation: number
  /** α₀: what a cell weighs, whether or not it is known; known ones have their confidence on top. */
  unobserved: number
  /** ν: how much more those are regularised of whom more is known; 0 for all alike. */
  exponent: number
}

/** Vectors that are held fast, in the basis in which their Gram matrix is diagonal, with that diagonal. */
export interface Fixed {
  vectors: Matrix
  gram: Float64Array
}

/** `D = α₀ G + r` of {@link FoldIn}, for one of whom so many cells are known. */
export function diagonalFor(
  cells: number,
  { vectors, gram }: Fixed,
  { regularisation, unobserved, exponent }: Hyperparameters,
  diagonal: Float64Array = new Float64Array(vectors.width),
): Float64Array {
  const ridge = regularisation * (cells + unobserved * vectors.rows) ** exponent
  for (let factor = 0; factor < gram.length; factor++) diagonal[factor] = unobserved * gram[factor]! + ridge
  return diagonal
}

/**
 * Finds the vector `x` of one side (a listener) from the vectors `y` of the other (artists): that which has the least
 *
 *     Σ c (1 − x·y)²  +  α₀ Σ (x·y)²  +  r |x|²,    r = λ (n + α₀ · rows)^ν
 *     n known cells      all rows
 *
 * where `c` are the confidences of the cells that are known (Hu, Koren and Volinsky 2008), with the second sum and the `r` of Rendle, Krichene,
 * Zhang and Koren, "Revisiting the Performance of iALS", 2021. In the basis of {@link Fixed} the last two terms are a diagonal, `D = α₀ G + r`.
 * With fewer known cells than there are factors, `Y` their `n` vectors and `C` their confidences, a system of `n` equations is enough:
 * `x = D⁻¹ Yᵀ (Y D⁻¹ Yᵀ + C⁻¹)⁻¹ 1`.
 */
export class FoldIn {
  readonly #fixed: Fixed
  readonly #hyperparameters: Hyperparameters
  readonly #diagonal: Float64Array
  /** `D⁻¹ Yᵀ`, transposed. */
  readonly #scaled: Float64Array
  readonly #system: Float64Array
  readonly #solution: Float64Array

  constructor(fixed: Fixed, hyperparameters: Hyperparameters) {
    const { width } = fixed.vectors
    this.#fixed = fixed
    this.#hyperparameters = hyperparameters
    this.#diagonal = new Float64Array(width)
    this.#scaled = new Float64Array(width * width)
    this.#system = new Float64Array(width * width)
    this.#solution = new Float64Array(width)
  }

  /** Writes `x` into `vector`; nothing known makes it zeros. */
  solve(confidences: SparseRow, vector: Float64Array): void {
    vector.fill(0)
    const cells = confidences.columns.length
    if (cells === 0) return
    diagonalFor(cells, this.#fixed, this.#hyperparameters, this.#diagonal)
    if (cells < this.#fixed.vectors.width) this.#solveByCells(confidences, vector)
    else this.#solveByFactors(confidences, vector)
  }

  #solveByCells({ columns, values: confidences }: SparseRow, vector: Float64Array): void {
    const { width, values } = this.#fixed.vectors
    const [system, scaled, solution] = [this.#system, this.#scaled, this.#solution]
    const cells = columns.length
    for (let one = 0; one < cells; one++) {
      const from = columns[one]! * width
      for (let factor = 0; factor < width; factor++)
        scaled[one * width + factor] = values[from + factor]! / this.#diagonal[factor]!
      for (let other = 0; other <= one; other++) {
        let product = 0
        for (let factor = 0; factor < width; factor++)
          product += values[from + factor]! * scaled[other * width + factor]!
        system[one * cells + other] = product
      }
      system[one * cells + one]! += 1 / confidences[one]!
      solution[one] = 1
    }
    solveInPlace(system, cells, solution)
    for (let one = 0; one < cells; one++)
      for (let factor = 0; factor < width; factor++)
        vector[factor]! += solution[one]! * scaled[one * width + factor]!
  }

  #solveByFactors({ columns, values: confidences }: SparseRow, vector: Float64Array): void {
    const { width, values } = this.#fixed.vectors
    const system = this.#system.fill(0)
    for (let factor = 0; factor < width; factor++) system[factor * width + factor] = this.#diagonal[factor]!
    for (let cell = 0; cell < columns.length; cell++) {
      const from = columns[cell]! * width
      for (let one = 0; one < width; one++) {
        const weighted = confidences[cell]! * values[from + one]!
        vector[one]! += weighted
        for (let other = 0; other <= one; other++)
          system[one * width + other]! += weighted * values[from + other]!
      }
    }
    solveInPlace(system, width, vector)
  }
}
