import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { byUtf8 } from '../../../pipelines/engine/by-utf8.ts'

test('texts are in the order of their UTF-8 bytes, on either side of the surrogates and beyond', () => {
  const edge = fc.constantFrom('a', '\u{d7ff}', '\u{e000}', '\u{ffff}', '\u{10000}', '\u{10ffff}')
  const text = fc.oneof(fc.string({ unit: edge }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(text, text, text, (start, a, b) => {
      const [one, other] = [start + a, start + b]
      assert.equal(Math.sign(byUtf8(one, other)), Buffer.compare(Buffer.from(one), Buffer.from(other)))
    }),
    { numRuns: 1_000 },
  )
})

test('the first code point of each length in UTF-8 is behind the last one of the length before', () => {
  const inOrder = ['', '\u{0}', '\u{7f}', '\u{80}', '\u{7ff}', '\u{800}', '\u{d7ff}', '\u{e000}', '\u{ffff}']
  const all = [...inOrder, '\u{10000}', '\u{10ffff}', '\u{10ffff}a']
  assert.deepEqual(all.toReversed().sort(byUtf8), all)
  for (const each of all) assert.equal(byUtf8(each, each), 0)
})
