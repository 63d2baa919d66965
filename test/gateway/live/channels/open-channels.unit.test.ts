import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivals } from '../../../../gateway/live/channels/open-channels.ts'

test('what clients write into a channel makes no series of a metric', () => {
  const receivedAt = [1_700_000_000_000]
  for (const channel of ['top-artists', 'me:recommendations'])
    assert.deepEqual(arrivals(channel, { receivedAt }), receivedAt)
  for (const channel of ['room:lobby', 'artist:a1']) assert.deepEqual(arrivals(channel, { receivedAt }), [])
})
