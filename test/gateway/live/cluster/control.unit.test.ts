import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import pino from 'pino'
import { type ControlMessage, hearNodes } from '../../../../gateway/live/cluster/control.ts'
import type { Feed } from '../../../../gateway/live/feed.ts'

test('what nodes are told and none can read is named without its words, and what comes behind it is heard', async () => {
  const lines: string[] = []
  const heard: ControlMessage[] = []
  const feed = Object.assign(new EventEmitter(), { listen: () => Promise.resolve() })
  await hearNodes({
    feed: feed as unknown as Feed,
    keyPrefix: '',
    heed: (message) => heard.push(message),
    log: pino({}, { write: (line: string) => void lines.push(line) }),
  })
  feed.emit('message', 'gateway:control', '{"kind":"disconnect","listener":ada@example.org')
  const drain = { kind: 'drain', node: 'n1', overMs: 1 } as const
  feed.emit('message', 'gateway:control', JSON.stringify(drain))
  assert.deepEqual(heard, [drain])
  assert.match(lines.join(), /could not do what the nodes were told/)
  assert.doesNotMatch(lines.join(), /ada/)
})
