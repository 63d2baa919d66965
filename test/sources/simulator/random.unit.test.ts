import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Random } from '../../../sources/simulator/random.ts'

const draw = (seed: string, length: number) => {
  const random = new Random(seed)
  return Array.from({ length }, () => random.uint32())
}

test('a seed gives the same numbers again, another seed gives others', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      assert.deepEqual(draw(seed, 20), draw(seed, 20))
      assert.notDeepEqual(draw(seed, 20), draw(`${seed}.`, 20))
    }),
  )
})

test('sfc32 gives the numbers of the reference for its state', () => {
  // The recurrence written out over BigInt, after PractRand's sfc.cpp, without the class under test.
  const seed = 'reference'
  const mask = 0xffff_ffffn
  const state = referenceState(seed)
  const step = () => {
    const result = (state.a + state.b + state.counter) & mask
    state.counter = (state.counter + 1n) & mask
    state.a = state.b ^ (state.b >> 9n)
    state.b = (state.c + (state.c << 3n)) & mask
    state.c = (((state.c << 21n) & mask) | (state.c >> 11n)) + result
    state.c &= mask
    return Number(result)
  }
  for (let round = 0; round < 12; round++) step()
  assert.deepEqual(draw(seed, 1_000), Array.from({ length: 1_000 }, step))
})

test('numbers stay in their range and fill it evenly', () => {
  const random = new Random('even')
  const buckets = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) buckets[random.int(10)]!++
  for (const count of buckets) assert.ok(Math.abs(count - 10_000) < 500, `a tenth has ${count} of 100,000`)
  assert.ok(random.between(5, 6) >= 5)
  assert.throws(() => random.pick([]), RangeError)
})

test('normal and exponential numbers have their mean and spread', () => {
  const random = new Random('shape')
  const normal = Array.from({ length: 50_000 }, () => random.normal(10, 2))
  const mean = normal.reduce((sum, x) => sum + x, 0) / normal.length
  const variance = normal.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normal.length
  assert.ok(Math.abs(mean - 10) < 0.05)
  assert.ok(Math.abs(Math.sqrt(variance) - 2) < 0.05)
  const exponential = Array.from({ length: 50_000 }, () => random.exponential(3))
  assert.ok(Math.abs(exponential.reduce((sum, x) => sum + x, 0) / exponential.length - 3) < 0.1)
})

test('ids are shaped like UUID version 4 and do not repeat', () => {
  const random = new Random('ids')
  const ids = Array.from({ length: 10_000 }, () => random.uuid())
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(ids).size, ids.length)
})

function referenceState(seed: string) {
  const digest = hash('sha256', seed, 'buffer')
  return {
    a: BigInt(digest.readUInt32LE(0)),
    b: BigInt(digest.readUInt32LE(4)),
    c: BigInt(digest.readUInt32LE(8)),
    counter: 1n,
  }
}
