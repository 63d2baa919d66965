import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistinctHashes } from '../../../pipelines/steps/distinct.ts'

const hashes = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 20 })))

const distinctOf = (all: number[]) => {
  const distinct = new DistinctHashes()
  for (const hash of all) distinct.add(hash)
  return distinct
}

test('as many as a set of them has', () => {
  fc.assert(fc.property(hashes, (all) => distinctOf(all).size === new Set(all).size))
})

test('written and read anywhere in between, it goes on counting the same', () => {
  fc.assert(
    fc.property(hashes, hashes, (before, after) => {
      // A slice of a pool, as a decoder gives it: at any offset.
      const bytes = Buffer.concat([Buffer.alloc(3), distinctOf(before).bytes()]).subarray(3)
      const restored = DistinctHashes.from(bytes)
      for (const hash of after) restored.add(hash)
      assert.deepEqual(restored.bytes(), distinctOf([...before, ...after]).bytes())
    }),
  )
})
