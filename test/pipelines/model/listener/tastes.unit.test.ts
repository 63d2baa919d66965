import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  MOST_ARTISTS,
  type TasteEvent,
  noTastes,
  playsOf,
  withEvent,
} from '../../../../pipelines/model/listener/tastes.ts'

const DAY = 24 * 3_600_000
const NOON = Date.UTC(2026, 0, 1, 12)

const event = (given: Partial<TasteEvent>): TasteEvent => ({
  kind: 'play',
  subject: 'a1',
  artistName: 'One',
  country: 'NO',
  at: given.receivedAt ?? NOON,
  receivedAt: NOON,
  ...given,
})
const after = (...events: Partial<TasteEvent>[]) => events.map(event).reduce(withEvent, noTastes())

test('a play counts for half after thirty days, a like for five that do not fade, a skip against', () => {
  const month = NOON + 30 * DAY
  const weightAt = (at: number, ...events: Partial<TasteEvent>[]) => playsOf(after(...events).artists[0]!, at)
  assert.equal(weightAt(NOON, {}, {}), 2)
  assert.equal(weightAt(month, {}, {}), 1)
  assert.equal(weightAt(month, {}, { kind: 'like', receivedAt: month }), 5.5)
  assert.equal(weightAt(month, {}, { kind: 'like' }, { kind: 'unlike' }), 0.5)
  assert.equal(weightAt(NOON, {}, {}, { kind: 'skip' }), 1)
  assert.equal(weightAt(NOON, { kind: 'skip' }, { kind: 'skip' }, {}), 0)
  // Imported today, played two months ago.
  assert.equal(weightAt(NOON, { at: NOON - 60 * DAY }), 0.25)
})

test('where somebody is, is where the last play was, until they say it themselves', () => {
  assert.equal(after({ country: 'NO' }, { country: 'SE' }, { country: null }).country, 'SE')
  const chosen = after({ country: 'NO' }, { kind: 'country', subject: 'DE' }, { country: 'SE' })
  assert.equal(chosen.country, 'DE')
})

test('blocked is who has been blocked since', () => {
  const block = (kind: 'block' | 'unblock', subject: string) => ({ kind, subject })
  const { blocked } = after(
    block('block', 'a'),
    block('block', 'b'),
    block('unblock', 'a'),
    block('block', 'b'),
  )
  assert.deepEqual(blocked, ['b'])
  const many = after(...Array.from({ length: 600 }, (_, n) => block('block', String(n))))
  assert.equal(many.blocked.length, 500)
  assert.equal(many.blocked.at(-1), '599')
})

test('what an event is added to stays as it was; of many artists those that count most are kept', () => {
  const before = after({ subject: 'loved', kind: 'like' }, { subject: 'hated', kind: 'skip' })
  const frozen = structuredClone(before)
  let tastes = before
  for (let n = 0; n < 2 * MOST_ARTISTS; n++)
    tastes = withEvent(tastes, event({ subject: `n${n}`, receivedAt: NOON + n * DAY }))
  assert.deepEqual(before, frozen)
  assert.equal(tastes.artists.length, MOST_ARTISTS)
  const kept = tastes.artists.map(({ artistId }) => artistId)
  assert.ok(kept.includes('loved'))
  assert.ok(kept.includes(`n${2 * MOST_ARTISTS - 1}`))
  assert.ok(!kept.includes('n0'))
})

test('plays and skips count the same in whatever order they come', () => {
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom('play' as const, 'skip' as const),
      subject: fc.constantFrom('a', 'b', 'c'),
      at: fc.integer({ min: NOON - 400 * DAY, max: NOON }),
      receivedAt: fc.integer({ min: NOON, max: NOON + 10 * DAY }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(events, fc.gen(), (some, generate) => {
      const end = NOON + 20 * DAY
      const shuffled = generate(fc.shuffledSubarray, some, { minLength: some.length })
      const [one, other] = [after(...some), after(...shuffled)]
      assert.equal(one.asOf, other.asOf)
      for (const taste of one.artists) {
        const same = other.artists.find(({ artistId }) => artistId === taste.artistId)!
        assert.ok(Math.abs(playsOf(taste, end) - playsOf(same, end)) < 1e-9)
        assert.deepEqual([taste.heardAt, taste.skippedAt], [same.heardAt, same.skippedAt])
      }
    }),
  )
})
