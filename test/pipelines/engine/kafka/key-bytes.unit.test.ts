import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { KeyBytes } from '../../../../pipelines/engine/kafka/key-bytes.ts'

test('the bytes of a key are UTF-8, however long it is and whatever is in it', () => {
  const keys = new KeyBytes()
  const key = fc.oneof(
    fc.string({ maxLength: 100 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.constantFrom('a'.repeat(64), 'a'.repeat(65), 'é', 'aaaé', ''),
  )
  fc.assert(
    fc.property(key, (text) => {
      assert.deepEqual(Buffer.from(keys.of(text)), Buffer.from(text))
    }),
  )
})
