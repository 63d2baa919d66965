import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateReaction } from '../../../pipelines/steps/validate-reaction.ts'
import type { Reaction } from '../../../schemas/events.ts'
import { at, rawReaction } from '../../kit/builders.ts'

const now = at('12:00:00')
const hour = 3_600_000
const decide = (given: Partial<Reaction>) => validateReaction(rawReaction(given), { now })

const refused: Record<string, Partial<Reaction>[]> = {
  invalid_event_id: [{ eventId: '' }, { eventId: 'g'.repeat(32) }],
  invalid_user_id: [{ userId: '' }, { userId: 'u'.repeat(513) }],
  invalid_text: [
    { artistId: '' },
    { artistId: 'a'.repeat(513) },
    { trackId: '' },
    { trackId: 't'.repeat(513) },
  ],
  unknown_reaction: ['', 'Like', 'love', 'like\n', 'ada@example.org', 'constructor'].map((kind) => ({
    kind,
  })),
  reacted_at_before_streaming: [{ reactedAt: Date.UTC(1999, 11, 31) }, { reactedAt: -1 }],
  reacted_at_in_future: [{ reactedAt: now + hour + 1 }, { reactedAt: Date.UTC(2099, 0, 1) }],
}

for (const [reason, cases] of Object.entries(refused))
  for (const given of cases)
    test(`${reason}: ${JSON.stringify(given).slice(0, 60)}`, () => {
      assert.deepEqual(decide(given), { kind: 'dead_letter', reason })
    })

const accepted: Partial<Reaction>[] = [
  ...['like', 'unlike', 'skip'].map((kind) => ({ kind })),
  { trackId: 't1' },
  { artistId: 'a'.repeat(512) },
  { reactedAt: Date.UTC(2000, 0, 1) },
  { reactedAt: now },
]

for (const given of accepted)
  test(`goes on unchanged: ${JSON.stringify(given).slice(0, 60)}`, () => {
    const value = rawReaction(given)
    assert.deepEqual(validateReaction(value, { now }), { kind: 'ok', value })
  })

test("an app's clock that leads by less than an hour: it was, at the latest, when it arrived", () => {
  const outcome = decide({ reactedAt: now + hour })
  assert.ok(outcome.kind === 'ok')
  assert.equal(outcome.value.reactedAt, now)
})
