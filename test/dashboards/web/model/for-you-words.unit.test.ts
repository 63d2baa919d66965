import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageText, shortVersion } from '../../../../dashboards/web/model/freshness-text.ts'
import { notTakenText } from '../../../../dashboards/web/model/not-taken-text.ts'
import { reasonText } from '../../../../dashboards/web/model/reason-text.ts'
import { recommended } from '../../recommended.ts'

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]
const because = { becauseArtistId: 'artist-X', becauseArtistName: 'Artist X' }

test('a reason is told in words', () => {
  const text = (said: Parameters<typeof recommended>[1]) => reasonText(recommended('A', said))
  assert.equal(text({ reason: 'played', ...because }), 'because you played Artist X')
  assert.equal(text({ reason: 'liked', ...because }), 'because you liked Artist X')
  assert.equal(text({ reason: 'popular' }), 'popular where you are')
})

test('a reason without a name, or of a kind that is not known, is told in general', () => {
  const nameless = { becauseArtistId: 'artist-X', becauseArtistName: null }
  assert.equal(
    reasonText(recommended('A', { reason: 'played', ...nameless })),
    'because you played something like them',
  )
  assert.equal(
    reasonText(recommended('A', { reason: 'liked', ...nameless })),
    'because you liked something like them',
  )
  assert.equal(reasonText(recommended('A', { reason: 'of the future' })), 'chosen for you')
})

test('the age of a list is in the unit that fits', () => {
  for (const [ms, text] of [
    [-5 * second, 'just now'],
    [999, 'just now'],
    [second, '1 s ago'],
    [minute - 1, '59 s ago'],
    [minute, '1 min ago'],
    [hour - 1, '59 min ago'],
    [hour, '1 h ago'],
    [day - 1, '23 h ago'],
    [day, '1 day ago'],
    [30 * day, '30 days ago'],
  ] as const)
    assert.equal(ageText(10_000 * day, 10_000 * day + ms), text)
})

test('a long version keeps its two ends', () => {
  assert.equal(shortVersion('20261129T025700Z-1a2b3c4d'), '20261129…1a2b3c4d')
  assert.equal(shortVersion('v1'), 'v1')
})

test('what was not taken is said with the reason, and what to do', () => {
  assert.equal(
    notTakenText('like', 'Artist A', { code: 100, message: 'internal server error', temporary: true }),
    'Your like of Artist A was not kept: that is not possible right now. Try again in a moment.',
  )
  assert.equal(
    notTakenText('unlike', 'Artist A', { code: 1, message: 'timeout' }),
    'Your like of Artist A still stands: the gateway did not answer. Try again.',
  )
  assert.equal(
    notTakenText('skip', 'Artist A', { code: 107, message: 'bad request' }),
    'Artist A was not skipped: the gateway refused it (bad request, 107).',
  )
})
