/**
 * Solves `A x = b` in place for a symmetric, positive definite `A` of `n` rows: `matrix`, row by row, of which the lower half is read, is then
 * its Cholesky factor, and `vector`, first `b`, is `x`. A matrix that is not positive definite gives NaN. Hundreds of thousands of small
 * systems are solved in a training, so nothing is made for one.
 */
export function solveInPlace(matrix: Float64Array, n: number, vector: Float64Array): void {
  for (let column = 0; column < n; column++) {
    const above = column * n
    let pivot = matrix[above + column]!
    for (let k = 0; k < column; k++) pivot -= matrix[above + k]! ** 2
    const root = Math.sqrt(pivot)
    matrix[above + column] = root
    for (let row = column + 1; row < n; row++) {
      const left = row * n
      let rest = matrix[left + column]!
      for (let k = 0; k < column; k++) rest -= matrix[left + k]! * matrix[above + k]!
      matrix[left + column] = rest / root
    }
  }
  for (let row = 0; row < n; row++) {
    let rest = vector[row]!
    for (let k = 0; k < row; k++) rest -= matrix[row * n + k]! * vector[k]!
    vector[row] = rest / matrix[row * n + row]!
  }
  for (let row = n - 1; row >= 0; row--) {
    let rest = vector[row]!
    for (let k = row + 1; k < n; k++) rest -= matrix[k * n + row]! * vector[k]!
    vector[row] = rest / matrix[row * n + row]!
  }
}
