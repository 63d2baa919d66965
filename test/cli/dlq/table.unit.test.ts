import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FoundLetter } from '../../../cli/dlq/letters.ts'
import { groupsOf, tableOf } from '../../../cli/dlq/table.ts'
import { at, deadLetter } from '../../kit/builders.ts'

let offset = 0
function found(given: Partial<FoundLetter> = {}): FoundLetter {
  const { sealed: _, ...letter } = deadLetter({ id: `s:t:0:${++offset}`, offset })
  const time = at('12:00:00') + 1_000 * offset
  return { ...letter, setAsideAt: time, at: `dead-letters:0:${offset}`, replayed: false, ...given }
}

test('letters are told apart by code, too, the most first; one of before there were codes has none', () => {
  const codes = ['ECONNRESET', 'no_such_artist', 'no_such_artist', null]
  const groups = groupsOf(
    codes.map((errorCode) => found({ errorCode })),
    0,
  )
  assert.deepEqual(
    groups.map(({ code, waiting }) => [code, waiting]),
    [
      ['no_such_artist', 2],
      ['ECONNRESET', 1],
      [null, 1],
    ],
  )
  const [head, first, , last] = tableOf(groups)
  assert.match(head!, /reason +code +waiting/)
  assert.match(first!, /malformed_avro +no_such_artist +2 +0 +2026-01-01 12:00:02/)
  assert.match(last!, /malformed_avro +1 +0 /)
})

test('samples are the newest of those that wait, and only then of those that were replayed', () => {
  const [one, two, three] = [found(), found(), found({ replayed: true })]
  const [group] = groupsOf([one, two, three], 3)
  assert.deepEqual(
    group!.samples.map(({ id }) => id),
    [two.id, one.id, three.id],
  )
})
