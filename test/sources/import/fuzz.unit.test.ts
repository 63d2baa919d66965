import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz/fuzz.ts'

/** A million by hand: `npm run fuzz`. */
const INPUTS = 10_000

test('whatever is imported, each record is a play or has its reason, and nothing throws', async () => {
  const { inputs, plays, skipped, files } = await fuzz(INPUTS, 'import')
  assert.equal(inputs, INPUTS)
  // It is no test if everything is refused, or nothing.
  assert.ok(plays > INPUTS && files > INPUTS / 10, `${plays} plays, ${files} files`)
  assert.ok(Object.keys(skipped).length > 12, Object.keys(skipped).join(', '))
})
