import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deduplicationToken, intentText, rangeInDoubt } from '../../../sinks/clickhouse/range.ts'

const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })

test('a recorded range is read back as it was', () => {
  fc.assert(
    fc.property(offset, offset, fc.boolean(), (a, b, holdsRows) => {
      const [from, end] = a < b ? [a, b] : [b, a + 1n]
      const range = { from, end, last: holdsRows ? end - 1n : undefined }
      assert.deepEqual(rangeInDoubt(from, intentText(range)), range)
    }),
  )
})

test('no range is in doubt where none was recorded, or it has been committed', () => {
  for (const metadata of [null, undefined, '', 'someone else’s', 'end=', 'end=5 last=x', 'end=-5']) {
    assert.equal(rangeInDoubt(3n, metadata), undefined)
  }
  assert.equal(rangeInDoubt(5n, 'end=5 last=4'), undefined)
})

test('a token is that of one range of one incarnation of a topic', () => {
  const origin = { topic: 'plays-clean', topicId: 'ab12', partition: 3 }
  const range = { from: 0n, end: 10n, last: 9n }
  const tokens = [
    deduplicationToken(origin, range),
    deduplicationToken(origin, { ...range, from: 1n }),
    deduplicationToken(origin, { ...range, end: 11n }),
    deduplicationToken({ ...origin, partition: 4 }, range),
    deduplicationToken({ ...origin, topicId: 'cd34' }, range),
    deduplicationToken({ ...origin, topic: 'artist-totals' }, range),
  ]
  assert.equal(new Set(tokens).size, tokens.length)
  assert.equal(deduplicationToken(origin, { ...range, last: undefined }), tokens[0])
})
