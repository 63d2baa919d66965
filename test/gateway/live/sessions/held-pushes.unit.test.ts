import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { Subscriber } from '../../../../gateway/live/channels/channel-hub.ts'
import { defaultLimits, defaultTimes } from '../../../../gateway/live/options.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'
import type { SessionContext } from '../../../../gateway/live/sessions/session-context.ts'
import { Session } from '../../../../gateway/live/sessions/session.ts'
import { until } from '../../../kit/until.ts'

test('pushes that wait for the answer to connect are bounded as those that wait for the client', async () => {
  const ignore = () => undefined
  let published = 0
  const context = {
    queues: {
      turn: { add: ignore },
      maxBytes: 1_000,
      maxMs: defaultLimits.maxQueuedMs,
      traffic: { replaced: 0 },
    },
    hubs: {
      // It is joined, and the other channels of the token are not for a long time.
      join(_: string, subscriber: Subscriber) {
        for (; published < 20; published++) subscriber.push(Buffer.alloc(100))
        return new Promise(ignore)
      },
      leave: ignore,
    },
    ...{ onScreen: { enter: ignore, leave: ignore }, channelPresence: { enter: ignore, leave: ignore } },
    roster: { enter: () => Promise.resolve(true), leave: ignore },
    verify: () =>
      Promise.resolve({ userId: 'u', listener: 'l', expiresAt: Infinity, channels: ['top-artists'] }),
    checkRevoked: ignore,
    ...{ limits: defaultLimits, times: defaultTimes, metrics: { disconnected: ignore } },
    ...{ log: pino({ level: 'silent' }), version: 'v', now: Date.now },
  } as unknown as SessionContext
  const sent: Buffer[] = []
  let ended: { code: number } | undefined
  const socket = {
    send: (frame: Buffer) => sent.push(frame),
    buffered: () => 0,
    end: (disconnect: { code: number }) => (ended = disconnect),
  }
  const session = new Session('c', json, socket, context)
  session.receive(Buffer.from('{"id":1,"connect":{"token":"t"}}'), false)
  await until(() => published === 20, { what: 'all to be published' })
  assert.equal(ended?.code, 3008)
  assert.deepEqual(sent, [])
})
