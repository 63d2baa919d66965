import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { differencesOf } from '../../contracts/compare.ts'
import { storm } from './storm.ts'

/**
 * Without any one of these in the code it goes red: the token of an insert (rows are there twice), the range that is recorded before it (the same),
 * the position that Redis keeps with its figures (figures are lost).
 */
test('sinks killed and put to sleep, stores killed and emptied: each row is there once, in all rollups, too', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`seed ${seed}: \`npm run chaos -- sinks 5 ${seed}\` strikes the same blows`)
  const { comparisons } = await storm({ kills: 5, seed, progress: (line) => t.diagnostic(line) })
  assert.deepEqual(
    comparisons.filter((each) => differencesOf(each) > 0),
    [],
  )
})
