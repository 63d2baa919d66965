import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { distinct } from '../../../../pipelines/engine/index.ts'
import { Pages } from '../../../../pipelines/engine/pages.ts'
import { changesTold } from '../../../kit/outgoing.ts'
import { foldAll, nowhere, stateOf } from './fold-all.ts'

const STANDARD_ERROR = 1.04 / Math.sqrt(2 ** 14)
const texts = distinct((text: string) => text)
const listeners = (n: number, set = 0) => Array.from({ length: n }, (_, index) => `${set}:listener-${index}`)

test('up to 512 are counted exactly, whatever repeats', () => {
  const few = fc.array(fc.oneof(fc.string(), fc.constantFrom('ada', 'bob', '')), { maxLength: 200 })
  fc.assert(
    fc.property(few, (all) => foldAll(texts, all) === new Set(all).size),
    { numRuns: 1_000 },
  )
  assert.equal(foldAll(texts, [...listeners(512), ...listeners(512)]), 512)
})

test('beyond, the count is within three standard errors, and never below what is known', () => {
  const errors = [513, 600, 1_000, 5_000, 20_000, 50_000, 100_000].map((n) => {
    const estimate = foldAll(texts, listeners(n))
    assert.ok(estimate > 512)
    return [n, Math.abs(estimate - n) / n] as const
  })
  for (const [n, error] of errors)
    assert.ok(error < 3 * STANDARD_ERROR, `${n}: ${(100 * error).toFixed(2)} %`)
})

test('over many sets the errors are those of the paper, and lean to neither side', () => {
  const [sets, n] = [60, 4_000]
  const errors = Array.from({ length: sets }, (_, set) => foldAll(texts, listeners(n, set)) / n - 1)
  const bias = errors.reduce((a, b) => a + b) / sets
  const deviation = Math.sqrt(errors.reduce((total, error) => total + error ** 2, 0) / sets)
  assert.ok(deviation < 1.3 * STANDARD_ERROR, `deviation ${deviation}`)
  assert.ok(Math.abs(bias) < (3 * STANDARD_ERROR) / Math.sqrt(sets), `bias ${bias}`)
})

test('sets that overlap, exact or not, are counted once when merged, and survive being written', () => {
  const size = fc.constantFrom(0, 1, 300, 511, 512, 513, 900, 3_000)
  fc.assert(
    fc.property(size, size, fc.integer({ min: 0, max: 3_000 }), (one, two, from) => {
      const a = listeners(one)
      const b = listeners(from + two).slice(from)
      const together = texts.merge(stateOf(texts, a), stateOf(texts, b))
      const whole = stateOf(texts, [...b, ...a])
      assert.equal(texts.result(together, ...nowhere), texts.result(whole, ...nowhere))
      const restored = texts.codec.decode(texts.codec.encode(together))
      assert.deepEqual(texts.codec.encode(restored), texts.codec.encode(together))
      const more = listeners(700, 1)
      assert.equal(
        texts.result(stateOf(texts, more, restored), ...nowhere),
        texts.result(stateOf(texts, more, whole), ...nowhere),
      )
    }),
    { numRuns: 60 },
  )
})

test('a state is 8 bytes for each of the first 512, then 16 KiB; one more listener writes one page of it again', () => {
  const sizes = [0, 512, 513, 20_000].map((n) => texts.codec.encode(stateOf(texts, listeners(n))).length)
  assert.deepEqual(sizes, [1, 1 + 8 * 512, 1 + 2 ** 14, 1 + 2 ** 14])
  for (const n of [400, 20_000]) {
    const pages = new Pages()
    const changed = (counter: Parameters<typeof texts.codec.encode>[0]) =>
      changesTold((changes) => {
        changes.values.bytes(texts.codec.encode(counter))
        pages.put('a', changes)
      })
    const counter = stateOf(texts, listeners(n))
    changed(counter)
    const after = stateOf(texts, listeners(1, 1), counter)
    assert.ok(changed(after).length <= 1)
  }
})

test('bytes that are not of these are refused', () => {
  for (const bytes of [Buffer.of(), Buffer.of(3), Buffer.of(1, 2), Buffer.of(2, 0, 0)])
    assert.throws(() => texts.codec.decode(bytes), { name: 'TopologyError', message: /another version/ })
})

test('who looks at a state sees how many there are', () => {
  assert.equal(JSON.stringify({ listeners: stateOf(texts, listeners(3)) }), '{"listeners":3}')
})
