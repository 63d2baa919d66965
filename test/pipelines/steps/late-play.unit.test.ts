import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latePlay } from '../../../pipelines/steps/late-play.ts'
import { at, play } from '../../kit/builders.ts'

test('a late play tells by how much, and nothing of its listener', () => {
  const value = play({ playedAt: '12:00:30' })
  const { eventId, artistId, playedAt, msPlayed, source } = value
  const lateness = { streamTime: at('12:05:00'), lateByMs: 1_000 }
  assert.deepEqual(latePlay(value, lateness), {
    eventId,
    artistId,
    playedAt,
    msPlayed,
    source,
    ...lateness,
  })
})
