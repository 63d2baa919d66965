import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripReaction } from '../../../pipelines/steps/strip-reaction.ts'
import { pseudonymise, pseudonyms } from '../../../schemas/pseudonym.ts'
import { at, rawReaction } from '../../kit/builders.ts'

const key = Buffer.alloc(32, 5)
const strip = stripReaction(pseudonyms([key]))
const now = at('12:00:05')

test('a reaction keeps what it says, gets a pseudonym and the time of its arrival, and nothing else', () => {
  const raw = rawReaction({
    eventId: 'ABCDEF00-0000-0000-0000-000000000000',
    trackId: 't1',
    comment: 'Ada was here',
  })
  const { userId, comment: _, sessionId: __, ...rest } = raw
  const told = { ...raw, source: 'ada@example.org', email: 'ada@example.org' }
  assert.deepEqual(strip(told, { now }), {
    kind: 'ok',
    value: {
      ...rest,
      eventId: 'abcdef00-0000-0000-0000-000000000000',
      listener: pseudonymise(key, userId),
      source: 'other',
      session: null,
      receivedAt: now,
    },
  })
})
