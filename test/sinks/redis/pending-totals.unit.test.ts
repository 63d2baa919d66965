import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PendingTotals, evenly } from '../../../sinks/redis/pending-totals.ts'
import { artistTotal } from './totals-model.ts'

const total = (artist: string, plays: number, window = 1) => artistTotal({ artist, window, plays, ms: 0 })

test('of each artist and window only the last total is sent', () => {
  const pending = new PendingTotals()
  pending.assign(0, 10n)
  const partition = pending.of(0)!
  partition.add(10n, total('a', 1))
  partition.add(11n, total('a', 2))
  partition.add(12n, total('a', 3, 2))
  assert.equal(pending.size, 2)
  assert.deepEqual(pending.take().partitions, [
    { partition: 0, from: 10n, next: 13n, totals: [total('a', 2), total('a', 3, 2)] },
  ])
})

test('one step follows another without a gap, over offsets that hold no total, too', () => {
  const pending = new PendingTotals()
  pending.assign(0, 0n)
  const partition = pending.of(0)!
  partition.add(0n, total('a', 1))
  partition.cover(5n)
  assert.equal(pending.take().partitions[0]?.next, 5n)
  assert.equal(pending.some, false)
  partition.cover(8n)
  assert.equal(pending.some, true)
  assert.deepEqual(pending.take(), {
    partitions: [{ partition: 0, from: 5n, next: 8n, totals: [] }],
    receivedAt: [],
  })
})

test('what arrives for a partition that was given away goes nowhere, even if it comes back', () => {
  const pending = new PendingTotals()
  pending.assign(0, 0n)
  const before = pending.of(0)!
  pending.drop(0)
  assert.equal(pending.of(0), undefined)
  pending.assign(0, 100n)
  before.add(0n, total('a', 1))
  assert.equal(pending.some, false)
  pending.clear()
  assert.equal(pending.of(0), undefined)
})

test('at most 16 arrival times go along, spread over all partitions', () => {
  const pending = new PendingTotals()
  for (const partition of [0, 1]) {
    pending.assign(partition, 0n)
    for (let i = 0; i < 50; i++) pending.of(partition)!.add(BigInt(i), total('a', 50 * partition + i))
  }
  const { receivedAt } = pending.take()
  assert.equal(receivedAt.length, 16)
  assert.equal(receivedAt[0], total('a', 0).receivedAt)
  assert.equal(receivedAt.at(-1), total('a', 99).receivedAt)
})

test('a sample is spread evenly and keeps the ends', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.integer({ min: 2, max: 20 }), (length, count) => {
      const values = Array.from({ length }, (_, i) => i)
      const sample = evenly(values, count)
      assert.equal(sample.length, Math.min(length, count))
      const distances = sample.slice(1).map((value, i) => value - sample[i]!)
      assert.ok(distances.every((distance) => distance >= 1))
      assert.ok(Math.max(1, ...distances) - Math.min(...distances, Infinity) <= 1 || length <= count)
      if (length > 0) assert.deepEqual([sample[0], sample.at(-1)], [0, length - 1])
    }),
  )
})
