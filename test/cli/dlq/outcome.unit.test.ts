import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesOf } from '../../../cli/dlq/outcome.ts'

for (const [refused, unread, lines] of [
  [{}, [], ['of these none was refused again']],
  [{ null_value: 1 }, [], ['of these 1 was refused again: null_value']],
  [{ null_value: 9 }, [], ['of these 9 were refused again: null_value']],
  [{ a: 1, b: 1_200 }, [], ['of these 1,201 were refused again: 1,200 b, 1 a']],
  [{}, ['push'], ['push has not read them yet: is it running?']],
  [
    { a: 2 },
    ['push'],
    ['of these 2 were refused again: a', 'push has not read them all yet: is it running?'],
  ],
] as const)
  test(`of what was given back: ${lines.join('; ')}`, () => {
    assert.deepEqual(linesOf(new Map(Object.entries(refused)), unread), lines)
  })
