import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { TokenExpired } from '../../../../gateway/live/access/refusals.ts'
import type { Subscriber } from '../../../../gateway/live/channels/channel-hub.ts'
import { defaultLimits, defaultTimes } from '../../../../gateway/live/options.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'
import type { SessionContext } from '../../../../gateway/live/sessions/session-context.ts'
import { Session } from '../../../../gateway/live/sessions/session.ts'
import { until } from '../../../kit/until.ts'

const ignore = () => undefined

/** A session whose token is good for an hour from the date that `now` begins with, and what becomes of its socket. */
function setUp(others: Partial<Record<keyof SessionContext, unknown>> = {}) {
  const clock = { date: 1e12 }
  const expiresAt = clock.date + 3_600_000
  const context = {
    queues: {
      turn: { add: (queue: { flush(): void }) => queue.flush() },
      limits: { ...defaultLimits, maxQueuedBytes: 1_000 },
      traffic: { replaced: 0 },
    },
    hubs: { join: () => new Promise(ignore), leave: ignore },
    onScreen: { enter: ignore, leave: ignore },
    channelPresence: { enter: ignore, leave: ignore },
    roster: { enter: () => Promise.resolve(true), leave: ignore },
    verify: () => Promise.resolve({ userId: 'u', listener: 'l', expiresAt }),
    checkRevoked: ignore,
    limits: defaultLimits,
    times: defaultTimes,
    metrics: { disconnected: ignore },
    log: pino({ level: 'silent' }),
    now: () => clock.date,
    ...others,
  } as unknown as SessionContext
  const socket = {
    sent: [] as string[],
    ended: undefined as { code: number } | undefined,
    send: (frame: Buffer) => void socket.sent.push(frame.toString()),
    buffered: () => 0,
    end: (disconnect: { code: number }) => void (socket.ended = disconnect),
  }
  const session = new Session(context, socket, json)
  session.receive(Buffer.from('{"id":1,"connect":{"token":"t"}}'), false)
  return { session, socket, clock }
}

test('pushes that wait for the answer to connect are bounded as those that wait for the client', async () => {
  let published = 0
  const { socket } = setUp({
    verify: () =>
      Promise.resolve({ userId: 'u', listener: 'l', expiresAt: Infinity, channels: ['top-artists'] }),
    hubs: {
      // It is joined, and the other channels of the token are not for a long time.
      join(_: string, subscriber: Subscriber) {
        for (; published < 20; published++) subscriber.push(Buffer.alloc(100))
        return new Promise(ignore)
      },
      leave: ignore,
    },
  })
  await until(() => published === 20, { what: 'all to be published' })
  assert.equal(socket.ended?.code, 3008)
  assert.deepEqual(socket.sent, [])
})

test('so many tokens may be tried on one socket, and no more', async () => {
  const expired = { verify: () => Promise.reject(new TokenExpired('expired')) }
  const { session, socket } = setUp({ ...expired, metrics: { disconnected: ignore, refused: ignore } })
  for (let id = 2; id <= 10; id++) session.receive(Buffer.from(`{"id":${id},"connect":{"token":"t"}}`), false)
  await until(() => socket.sent.length === 10, { what: 'ten refusals' })
  assert.equal(socket.ended, undefined)
  session.receive(Buffer.from('{"id":11,"connect":{"token":"t"}}'), false)
  assert.equal(socket.ended!.code, 3013)
})

test('a clock that is set closes nobody, but for whom it says that their token has ended', async () => {
  const { session, socket, clock } = setUp()
  await until(() => socket.sent.length === 1, { what: 'the answer' })
  for (const leap of [60_000, -7_200_000, 60_000, 7_200_000, -60_000, 60_000]) {
    clock.date += leap
    session.tick()
  }
  assert.equal(socket.ended, undefined)
  assert.equal(socket.sent.length, 1, 'no ping is due')
  clock.date = 1e12 + 3_600_000 + defaultTimes.refreshGrace
  session.tick()
  assert.equal(socket.ended!.code, 3005)
})
