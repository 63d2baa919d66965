import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagonalise, zeros } from '../../../../pipelines/model/ials/matrix.ts'

test('hundreds of factors are turned as a few are: vectors keep their lengths', () => {
  const matrix = zeros(2, 400)
  matrix.values[0] = 3
  matrix.values[1] = 4
  matrix.values[400] = 1
  const squares = diagonalise(matrix).gram.reduce((sum, value) => sum + value, 0)
  assert.ok(Math.abs(squares - 26) < 1e-9, String(squares))
  const first = matrix.values.subarray(0, 400).reduce((sum, value) => sum + value * value, 0)
  assert.ok(Math.abs(first - 25) < 1e-9, String(first))
})
