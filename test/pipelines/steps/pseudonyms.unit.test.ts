import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pseudonyms } from '../../../pipelines/steps/pseudonyms.ts'
import { pseudonymise } from '../../../schemas/pseudonym.ts'

test('a pseudonym is that of the key, whether it is remembered or not', () => {
  const key = Buffer.alloc(32, 5)
  const { listener: pseudonymOf } = pseudonyms(key)
  fc.assert(
    fc.property(fc.string(), (userId) => {
      assert.equal(pseudonymOf(userId), pseudonymise(key, userId))
      assert.equal(pseudonymOf(userId), pseudonymise(key, userId))
    }),
  )
})
