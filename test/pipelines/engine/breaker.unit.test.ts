import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Breaker } from '../../../pipelines/engine/breaker.ts'

const limits = { deadLetterRatio: 0.1, deadLetterRun: 100 }

/** After how many records it opens, of which each is set aside or not. */
function opensAfter(letters: Iterable<boolean>, of = limits): number | undefined {
  const breaker = new Breaker(of)
  let records = 0
  for (const isLetter of letters) {
    if (isLetter) breaker.letter('malformed_avro')
    records += 1
    if (breaker.open) return records
    breaker.record()
  }
  return undefined
}

const every = (n: number, count: number) => Array.from({ length: count }, (_, i) => i % n === 0)

test('as many in a row open it, and one fewer does not', () => {
  assert.equal(opensAfter(every(1, 1_000)), 100)
  assert.equal(opensAfter([...every(1, 99), false]), undefined)
})

test('a share above the allowed one opens it in time, one below never does', () => {
  const after = opensAfter(every(5, 100_000))
  assert.ok(after !== undefined && after < 1_000, String(after))
  assert.equal(opensAfter(every(11, 100_000)), undefined)
})

test('whatever goes through, more are never set aside than the share and a run', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 2_000 }), (letters) => {
      const until = opensAfter(letters) ?? letters.length
      const aside = letters.slice(0, until).filter(Boolean).length
      assert.ok(aside <= limits.deadLetterRun + limits.deadLetterRatio * until + 1)
    }),
  )
})

test('0 in a row never opens it', () => {
  assert.equal(opensAfter(every(1, 10_000), { ...limits, deadLetterRun: 0 }), undefined)
})

test('it says how many, why, and what to do', () => {
  const breaker = new Breaker({ deadLetterRatio: 0.5, deadLetterRun: 3 })
  breaker.record()
  for (let i = 0; i < 3; i++) {
    breaker.letter('malformed_avro')
    breaker.record()
  }
  assert.match(
    breaker.message('anonymise, partition 1,'),
    /^anonymise, partition 1, has stopped: 3 of its last \d records would be set aside, the last one as malformed_avro\. .*DEAD_LETTER_RUN=0/,
  )
})
