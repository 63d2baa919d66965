import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validatePreference } from '../../../pipelines/steps/validate-preference.ts'
import type { Preference } from '../../../schemas/events.ts'
import { at, rawPreference } from '../../kit/builders.ts'

const now = at('12:00:00')
const hour = 3_600_000
const decide = (given: Partial<Preference>) => validatePreference(rawPreference(given), { now })

const refused: Record<string, Partial<Preference>[]> = {
  invalid_event_id: [{ eventId: '' }, { eventId: 'g'.repeat(32) }],
  invalid_user_id: [{ userId: '' }, { userId: 'u'.repeat(513) }],
  unknown_preference: ['', 'Country', 'email', 'constructor', 'ada@example.org'].map((name) => ({ name })),
  invalid_preference_value: [
    { value: 'no' },
    { value: 'ada@example.org' },
    { name: 'quiet-hours', value: 'nights' },
    { name: 'pushes-a-day', value: '101' },
  ],
  changed_at_before_streaming: [{ changedAt: Date.UTC(1999, 11, 31) }, { changedAt: -1 }],
  changed_at_in_future: [{ changedAt: now + hour + 1 }, { changedAt: Date.UTC(2099, 0, 1) }],
}

for (const [reason, cases] of Object.entries(refused))
  for (const given of cases)
    test(`${reason}: ${JSON.stringify(given).slice(0, 60)}`, () => {
      assert.deepEqual(decide(given), { kind: 'dead_letter', reason })
    })

test('a setting in its canonical form goes on unchanged', () => {
  for (const given of [{}, { name: 'push', value: 'off' }, { changedAt: Date.UTC(2000, 0, 1) }]) {
    const value = rawPreference(given)
    assert.deepEqual(validatePreference(value, { now }), { kind: 'ok', value })
  }
})

test('a value goes on in its canonical form, and a leading clock is set back', () => {
  const value = rawPreference({ name: 'locale', value: 'en-us-x-ada', changedAt: now + hour })
  assert.deepEqual(validatePreference(value, { now }), {
    kind: 'ok',
    value: { ...value, value: 'en-US', changedAt: now },
  })
})
