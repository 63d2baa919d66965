import { EigenvalueDecomposition, Matrix as Dense } from 'ml-matrix'

/** `rows` vectors of `width` numbers, one behind the other: loops over a typed array are several times as fast as those over arrays of arrays. */
export interface Matrix {
  readonly rows: number
  readonly width: number
  readonly values: Float64Array
}

export const zeros = (rows: number, width: number): Matrix => ({
  rows,
  width,
  values: new Float64Array(rows * width),
})

export const vectorOf = ({ width, values }: Matrix, row: number): Float64Array =>
  values.subarray(row * width, (row + 1) * width)

/** All products of two columns. */
function gramOf({ rows, width, values }: Matrix): Matrix {
  const gram = zeros(width, width)
  for (let row = 0; row < rows; row++) {
    const from = row * width
    for (let one = 0; one < width; one++) {
      const value = values[from + one]!
      for (let other = one; other < width; other++)
        gram.values[one * width + other]! += value * values[from + other]!
    }
  }
  for (let one = 0; one < width; one++)
    for (let other = 0; other < one; other++)
      gram.values[one * width + other] = gram.values[other * width + one]!
  return gram
}

/** Of the largest product of two columns, far below what rounding leaves of it. */
const NOTHING = 1e-30

export interface Diagonal {
  /** `width` numbers of at least 0, but for rounding. */
  gram: Float64Array
  /** Row by row: a vector of before is this, times the vector of now. */
  basis: Float64Array
}

/**
 * Turns the vectors of a matrix, in place, into the basis in which its Gram matrix is diagonal, and answers that. Their products with one
 * another stay as they are.
 */
export function diagonalise(matrix: Matrix): Diagonal {
  const { rows, width, values } = matrix
  const gram = gramOf(matrix).values
  const scale = gram.reduce((most, value) => Math.max(most, value), 0)
  // The decomposition divides by products of what is in it, and is lost where these are too small for a number.
  const scaled = gram.map((value) => (Math.abs(value) <= NOTHING * scale ? 0 : value / scale))
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Dense.from1DArray(width, width, scaled),
    { assumeSymmetric: true },
  )
  const basis = Float64Array.from(eigenvectorMatrix.to1DArray())
  const turned = new Float64Array(width)
  for (let row = 0; row < rows; row++) {
    turned.fill(0)
    for (let one = 0; one < width; one++) {
      const value = values[row * width + one]!
      for (let other = 0; other < width; other++) turned[other]! += value * basis[one * width + other]!
    }
    values.set(turned, row * width)
  }
  return { gram: Float64Array.from(realEigenvalues, (value) => scale * value), basis }
}
