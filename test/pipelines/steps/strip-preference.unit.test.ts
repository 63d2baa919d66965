import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripPreference } from '../../../pipelines/steps/strip-preference.ts'
import { pseudonymise, pseudonyms } from '../../../schemas/pseudonym.ts'
import { at, rawPreference } from '../../kit/builders.ts'

const key = Buffer.alloc(32, 5)
const strip = stripPreference(pseudonyms([key]))
const now = at('12:00:05')

test('a setting keeps what it says, gets a pseudonym and the time of its arrival, and nothing else', () => {
  const raw = rawPreference({ eventId: 'ABCDEF00-0000-0000-0000-000000000000' })
  const { userId, ...rest } = raw
  const told = { ...raw, source: 'ada@example.org', email: 'ada@example.org' }
  assert.deepEqual(strip(told, { now }), {
    kind: 'ok',
    value: {
      ...rest,
      eventId: 'abcdef00-0000-0000-0000-000000000000',
      listener: pseudonymise(key, userId),
      source: 'other',
      receivedAt: now,
    },
  })
})
