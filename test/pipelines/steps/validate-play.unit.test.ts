import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validatePlay } from '../../../pipelines/steps/validate-play.ts'
import type { Play } from '../../../schemas/events.ts'
import { at, rawPlay } from '../../kit/builders.ts'

const now = at('12:00:00')
const hour = 3_600_000
const decide = (given: Partial<Play>) => validatePlay(rawPlay(given), { now })

const refused: Record<string, Partial<Play>[]> = {
  invalid_event_id: ['', 'abc', 'g'.repeat(32), `${'a'.repeat(32)}\n`, 'a'.repeat(37)].map((eventId) => ({
    eventId,
  })),
  invalid_user_id: [{ userId: '' }, { userId: 'u'.repeat(513) }],
  invalid_text: [{ trackId: '' }, { trackName: '' }, { artistId: '' }, { artistName: 'é'.repeat(513) }],
  invalid_ms_played: [{ msPlayed: -1 }, { msPlayed: 24 * hour + 1 }],
  played_at_before_streaming: [
    { playedAt: Date.UTC(1999, 11, 31) },
    { playedAt: Date.UTC(1901, 0, 1) },
    { playedAt: -1 },
  ],
  played_at_in_future: [{ playedAt: now + hour + 1 }, { playedAt: Date.UTC(2099, 0, 1) }],
}

for (const [reason, cases] of Object.entries(refused))
  for (const given of cases)
    test(`${reason}: ${JSON.stringify(given).slice(0, 60)}`, () => {
      assert.deepEqual(decide(given), { kind: 'dead_letter', reason })
    })

const accepted: Partial<Play>[] = [
  {},
  { eventId: '123e4567-e89b-12d3-a456-426614174000' },
  { eventId: 'A'.repeat(32) },
  { msPlayed: 0 },
  { msPlayed: 24 * hour },
  { playedAt: Date.UTC(2000, 0, 1) },
  { playedAt: now },
  { userId: 'u'.repeat(512) },
  { ip: null, country: null },
]

for (const given of accepted)
  test(`goes on unchanged: ${JSON.stringify(given).slice(0, 60)}`, () => {
    const value = rawPlay(given)
    assert.deepEqual(validatePlay(value, { now }), { kind: 'ok', value })
  })

test("a player's clock that leads by less than an hour: the play ended, at the latest, when it arrived", () => {
  const outcome = decide({ playedAt: now + hour })
  assert.ok(outcome.kind === 'ok')
  assert.equal(outcome.value.playedAt, now)
})
