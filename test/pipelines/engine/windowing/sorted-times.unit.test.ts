import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SortedTimes } from '../../../../pipelines/engine/windowing/sorted-times.ts'
import { StartsByKey } from '../../../../pipelines/engine/windowing/starts-by-key.ts'

const time = fc.integer({ min: -8, max: 8 })

test('times are kept once and in order, found and removed as in a sorted set', () => {
  const step = fc.record({ do: fc.constantFrom('add', 'add', 'remove'), time })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30, size: 'max' }), time, time, (steps, from, to) => {
      const times = new SortedTimes()
      const set = new Set<number>()
      for (const { do: what, time } of steps) {
        if (what === 'add') times.add(time)
        else times.remove(time)
        if (what === 'add') set.add(time)
        else set.delete(time)
        const sorted = [...set].sort((a, b) => a - b)
        assert.deepEqual(times.all, sorted)
        assert.equal(times.first, sorted[0])
        assert.equal(times.has(from), set.has(from))
        assert.equal(
          times.lastUpTo(from),
          sorted.findLastIndex((each) => each <= from),
        )
        assert.deepEqual(
          times.between(from, to),
          sorted.filter((each) => each >= from && each < to),
        )
      }
    }),
    { numRuns: 1_000 },
  )
})

test('each key has its own times, and one without any is as one never seen', () => {
  const starts = new StartsByKey()
  const unseen = starts.of('b')
  starts.add('a', 3)
  starts.add('a', 1)
  assert.deepEqual([starts.of('a').all, starts.of('b').all], [[1, 3], []])
  starts.remove('b', 1)
  starts.remove('a', 3)
  assert.deepEqual(starts.of('a').all, [1])
  starts.remove('a', 1)
  assert.equal(starts.of('a'), unseen)
  assert.deepEqual(unseen.all, [])
})
