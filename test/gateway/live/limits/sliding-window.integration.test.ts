import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { SlidingWindow } from '../../../../gateway/live/limits/sliding-window.ts'
import { services } from '../../../kit/services.ts'

const lua = readFileSync(
  new URL('../../../../gateway/live/limits/sliding-window.lua', import.meta.url),
  'utf8',
)
const lengthMs = 1_000

async function inRedis(t: TestContext) {
  const redis = new Redis((await services()).redisUrl)
  t.after(() => redis.disconnect())
  return { redis, keyPrefix: `test-${randomUUID()}:` }
}

interface Asked {
  /** Milliseconds since the one before. */
  after: number
  wanted: number
}

const asking = fc.record({
  limit: fc.integer({ min: 1, max: 12 }),
  start: fc.integer({ min: 0, max: lengthMs }),
  asked: fc.array(
    fc.record<Asked>({
      after: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2_500 })),
      wanted: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 60 },
  ),
})

/** Exact: when each was granted. */
class Log {
  readonly #times: number[] = []

  add(now: number, count: number): void {
    for (let n = 0; n < count; n++) this.#times.push(now)
  }

  /** Granted in (now − length, now]. */
  within(now: number, length: number): number {
    return this.#times.filter((time) => time > now - length && time <= now).length
  }

  /** Most in any stretch of a length. */
  most(length: number): number {
    return Math.max(0, ...this.#times.map((time) => this.within(time, length)))
  }
}

/**
 *     granted   |··|||···|····||·|   exact log of each
 *     window    [   n − 1  ][   n    ]
 *                     counts (1 − e)·previous + current
 */
test('against an exact log: never twice the limit, nobody refused without cause, and the wait that is told is right', async (t) => {
  const { redis, keyPrefix } = await inRedis(t)
  await fc.assert(
    fc.asyncProperty(asking, async ({ limit, start, asked }) => {
      const key = `${keyPrefix}${randomUUID()}`
      const take = (now: number, wanted: number) =>
        redis.eval(lua, 1, key, lengthMs, limit, wanted, now) as Promise<[granted: number, retryMs: number]>
      const log = new Log()
      let now = 1_000_000 + start
      for (const { after, wanted } of asked) {
        now += after
        const [granted, retryMs] = await take(now, wanted)
        assert.ok(granted >= 0 && granted <= wanted)
        log.add(now, granted)
        assert.ok(log.within(now, (now % lengthMs) + 1) <= limit, 'within a fixed window')
        if (granted === wanted) continue
        assert.ok(log.within(now, 2 * lengthMs) >= limit, 'refused, although there was room')
        assert.ok(retryMs > 0 && retryMs <= 2 * lengthMs)
        if (retryMs > 1) assert.deepEqual((await take(now + retryMs - 1, 1))[0], 0, 'before the wait is over')
        now += retryMs
        assert.equal((await take(now, 1))[0], 1, 'when the wait is over')
        log.add(now, 1)
      }
      assert.ok(log.most(lengthMs) < 2 * limit || limit === 1, 'in any stretch of a window’s length')
      assert.ok(log.most(lengthMs) <= 2 * limit)
    }),
    { numRuns: 100 },
  )
})

test('of an even stream all but a little more than the limit are refused', async (t) => {
  const { redis, keyPrefix } = await inRedis(t)
  const pipeline = redis.pipeline()
  for (let at = 0; at < 10 * lengthMs; at += 10) pipeline.eval(lua, 1, keyPrefix, lengthMs, 20, 1, at)
  const granted = (await pipeline.exec())!.map(([, taken]) => (taken as [number])[0])
  const total = granted.reduce((sum, each) => sum + each, 0)
  assert.ok(total >= 190 && total <= 220, `${total} of 10 windows of 20`)
})

test('who is at several gateways is counted once, and what is kept runs out', async (t) => {
  const { redis, keyPrefix } = await inRedis(t)
  const window = () =>
    new SlidingWindow({ redis, keyPrefix, limit: 5, lengthMs: 60_000, now: () => performance.now() })
  const gateways = [window(), window(), window()]
  const taken = await Promise.all(
    Array.from({ length: 12 }, (_, n) => gateways[n % gateways.length]!.take('ada')),
  )
  assert.equal(taken.filter(({ retryMs }) => retryMs === undefined).length, 5)
  assert.deepEqual(await gateways[0]!.take('bob'), {})
  const life = await redis.pttl(`${keyPrefix}{ada}`)
  assert.ok(life > 0 && life <= 120_000)
})

test('what is over the limit is known without asking, until the wait is over', async (t) => {
  const { redis, keyPrefix } = await inRedis(t)
  const clock = { now: 0 }
  const window = new SlidingWindow({ redis, keyPrefix, limit: 1, lengthMs: 60_000, now: () => clock.now })
  await window.take('ada')
  const { retryMs } = await window.take('ada')
  await redis.del(`${keyPrefix}{ada}`)
  assert.deepEqual(await window.take('ada'), { retryMs })
  clock.now += retryMs!
  assert.deepEqual(await window.take('ada'), {})
})
