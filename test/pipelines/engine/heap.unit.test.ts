import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Heap } from '../../../pipelines/engine/heap.ts'

/** Items that cannot be compared by themselves: a look beyond the last one does not go unseen. */
const rank = fc.record({ rank: fc.integer({ min: -9, max: 9 }) })

test('first is what comes before all others, whatever has been added and removed', () => {
  const step = fc.oneof({ weight: 3, arbitrary: rank }, fc.constant('removeFirst' as const))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const heap = new Heap<{ rank: number }>((one, other) => one.rank < other.rank)
      let sorted: number[] = []
      for (const each of [...steps, ...steps.map(() => 'removeFirst' as const)]) {
        if (each === 'removeFirst') {
          heap.removeFirst()
          sorted = sorted.slice(1)
        } else {
          heap.add(each)
          sorted = [...sorted, each.rank].sort((a, b) => a - b)
        }
        assert.equal(heap.first?.rank, sorted[0])
      }
    }),
    { numRuns: 1_000 },
  )
})
