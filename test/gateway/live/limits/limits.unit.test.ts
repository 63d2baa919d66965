import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import { Limits, type LimitSettings } from '../../../../gateway/live/limits/limits.ts'
import type { RedisClient } from '../../../../schemas/redis-servers.ts'

type Granted = (wanted: number) => number

/** Limits over a Redis that answers when it is told to. */
function slowRedis(settings: LimitSettings) {
  const held: (() => void)[] = []
  let granted: Granted = (wanted) => wanted
  const pipeline = () => {
    const wanted: number[] = []
    const exec = () =>
      new Promise((resolve) => {
        held.push(() => resolve(wanted.map((each) => [null, [granted(each), granted(each) < each ? 10 : 0]])))
      })
    return { take: (...[, , , each]: [string, number, number, number]) => wanted.push(each), exec }
  }
  const redis = { defineCommand: () => undefined, pipeline } as unknown as RedisClient
  const limits = new Limits({
    settings,
    redis,
    keyPrefix: 'test:',
    secret: Buffer.alloc(32),
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
  })
  const door = { accept: () => undefined, giveBack: () => undefined }
  const admit = () => limits.admit({ address: '203.0.113.7', forwardedFor: () => '' }, door)
  return {
    /** Of so many who come at once, how each is answered before Redis has said anything. */
    come: (count: number) =>
      Array.from({ length: count }, () => (admit() instanceof Promise ? 'waits' : 'goes ahead')),
    /** Lets Redis answer all that it has been asked. */
    async answers(how: Granted = (wanted) => wanted) {
      granted = how
      await new Promise(setImmediate)
      held.splice(0).forEach((answer) => answer())
      await new Promise(setImmediate)
    },
  }
}

test('the first connects of an address wait for no count, and no more than a hundredth of the limit at a time', async () => {
  const { come, answers } = slowRedis({ connectsPerMinute: 200 })
  assert.deepEqual(come(3), ['goes ahead', 'goes ahead', 'waits'])
  await answers()
  assert.deepEqual(come(2), ['goes ahead', 'goes ahead'])
})

test('who has been over the limit waits for each count', async () => {
  const { come, answers } = slowRedis({ connectsPerMinute: 200 })
  come(1)
  await answers(() => 0)
  assert.deepEqual(come(1), ['waits'])
})

test('a small limit is kept exactly, and nobody goes ahead where what cannot be counted is refused', () => {
  assert.deepEqual(slowRedis({ connectsPerMinute: 99 }).come(1), ['waits'])
  assert.deepEqual(slowRedis({ connectsPerMinute: 6_000, failOpen: false }).come(1), ['waits'])
})
