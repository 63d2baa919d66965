import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Sample, evenly } from '../../sinks/sample.ts'

const upTo = (length: number) => Array.from({ length }, (_, i) => i)

test('of a stream of any length at most 32 values are kept, at equal distances from the first to near the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (length) => {
      const sample = new Sample()
      for (const value of upTo(length)) sample.add(value)
      const values = sample.take()
      assert.ok(values.length <= 32 && values.length > Math.min(length, 32) / 2, `${values.length} kept`)
      const distance = values[1] ?? 1
      assert.deepEqual(
        values,
        upTo(values.length).map((i) => i * distance),
      )
      assert.ok(length - 1 - values.at(-1)! < distance)
    }),
  )
})

test('a sample that has been taken begins anew', () => {
  const sample = new Sample()
  for (const value of upTo(1_000)) sample.add(value)
  sample.take()
  for (const value of [7, 8, 9]) sample.add(value)
  assert.deepEqual(sample.take(), [7, 8, 9])
  assert.deepEqual(sample.take(), [])
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
