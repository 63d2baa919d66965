import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { Subscriber } from '../../../../gateway/live/channels/channel-hub.ts'
import { until } from '../../../kit/until.ts'
import { simulatedHubs } from '../../kit/simulated-feed.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'

const subscriber: Subscriber = { encoding: json, push: () => undefined, lost: () => undefined }

test('a feed that may not listen again connects anew, and the log says why', async (t) => {
  const lines: string[] = []
  const { feed, redis, hubs } = simulatedHubs(pino({}, { write: (line: string) => lines.push(line) }))
  hubs.start()
  t.after(() => hubs.stop())
  const joined = hubs.join('c', subscriber, undefined, () => undefined)
  feed.asked[0]?.resolve(1)
  await until(() => !redis.idle, { what: 'the look where the stream stands' })
  redis.answer()
  await joined

  feed.emit('ready')
  feed.asked[1]?.reject(new Error('NOPERM'))
  await until(() => feed.reconnections === 1, { what: 'the feed to connect anew' })
  assert.match(lines.join(''), /NOPERM/)
})
