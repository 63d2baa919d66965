import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { meanQuality, qualityOf } from '../../../pipelines/model/metrics.ts'

test('a list that begins with all that is relevant is as good as can be, one without any of it is worth nothing', () => {
  assert.deepEqual(qualityOf(['a', 'b', 'c'], new Set(['b', 'a'])), { ndcgAt10: 1, recallAt20: 1, mrr: 1 })
  assert.deepEqual(qualityOf(['a', 'b'], new Set(['z'])), { ndcgAt10: 0, recallAt20: 0, mrr: 0 })
})

test('the figures of a list, by hand', () => {
  const ranked = Array.from({ length: 100 }, (_, index) => index + 1)
  const { ndcgAt10, recallAt20, mrr } = qualityOf(ranked, new Set([3, 7, 15, 40, 1_000]))
  const most = 1 + 1 / Math.log2(3) + 1 / 2 + 1 / Math.log2(5) + 1 / Math.log2(6)
  assert.equal(ndcgAt10.toFixed(12), ((1 / 2 + 1 / 3) / most).toFixed(12))
  assert.deepEqual([recallAt20, mrr], [3 / 5, 1 / 3])
  assert.equal(qualityOf(ranked, new Set([100])).mrr, 1 / 100)
  assert.equal(qualityOf([...ranked, 101], new Set([101])).mrr, 0)
})

test('a hit that comes sooner makes no list worse', () => {
  const lists = fc.shuffledSubarray(
    Array.from({ length: 40 }, (_, index) => index),
    { minLength: 2 },
  )
  fc.assert(
    fc.property(lists, fc.nat(), fc.uniqueArray(fc.nat(60), { minLength: 1 }), (ranked, place, relevant) => {
      const at = place % (ranked.length - 1)
      const wanted = new Set(relevant)
      wanted.delete(ranked[at]!)
      wanted.add(ranked[at + 1]!)
      const sooner = [...ranked]
      sooner.splice(at, 2, ranked[at + 1]!, ranked[at]!)
      const [before, after] = [qualityOf(ranked, wanted), qualityOf(sooner, wanted)]
      assert.ok(after.ndcgAt10 >= before.ndcgAt10 && after.recallAt20 >= before.recallAt20)
      assert.ok(after.mrr >= before.mrr)
    }),
    { numRuns: 1_000 },
  )
})

test('the mean gives each listener equal weight', () => {
  const mean = meanQuality([
    { ndcgAt10: 1, recallAt20: 0.5, mrr: 1 },
    { ndcgAt10: 0, recallAt20: 0, mrr: 0.5 },
  ])
  assert.deepEqual(mean, { ndcgAt10: 0.5, recallAt20: 0.25, mrr: 0.75 })
})
