import { Redis } from 'ioredis'
import { presenceKey } from '../schemas/channels.ts'
import type { Step } from '../sinks/redis/pending-rows.ts'
import { ListsStore } from '../sinks/redis/lists-store.ts'
import { TotalsStore } from '../sinks/redis/totals-store.ts'
import { listenerName, madeList, madeTotal } from './redis-rows.ts'
import { withStack } from './with-services.ts'

/** What is measured for so many is told for a million. */
const LISTENERS = Number(process.env['BENCH_KEYS'] ?? 100_000)
const MILLION = 1_000_000
const ARTISTS = 2_000
const MINUTES = 59
const MINUTE_MS = 60_000
const A_STEP = 500
const LIFE_MS = 60_000
const K = 10

/** What Redis needs for what grows with listeners, artists and time, each alone in it, by what the stores of the sinks put there. */
export async function benchRedisMemory(): Promise<void> {
  await withStack(['redis'], async ({ redisUrl }) => {
    const redis = new Redis(redisUrl!)
    const rows = [
      await measured(redis, `a list of 20 artists for each listener`, () => lists(redisUrl!)),
      await measured(redis, 'a listener present at a gateway', () => presence(redis)),
      await measured(redis, `an artist's total in a minute, of ${ARTISTS} artists`, () =>
        totals(redisUrl!, MINUTES),
      ),
      await measured(redis, 'the same when a minute has passed the hour since', () =>
        totals(redisUrl!, 2 * MINUTES + 2),
      ),
    ]
    console.table(rows)
    redis.disconnect()
  })
}

async function measured(redis: Redis, what: string, put: () => Promise<number>) {
  // In the background values would be freed while the next are measured.
  await redis.flushall('SYNC')
  const before = await memoryOf(redis)
  const count = await put()
  const megabytes = ((await memoryOf(redis)) - before) / 1e6
  return {
    what,
    put: count,
    keys: await redis.dbsize(),
    MB: megabytes.toFixed(1),
    'MB a million': ((megabytes * MILLION) / count).toFixed(0),
  }
}

async function memoryOf(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))![1])
}

const fromZero = new Map([[0, 0n]])

async function lists(redisUrl: string): Promise<number> {
  const store = new ListsStore({ redisUrl, keyPrefix: 'bench:' })
  await store.connect()
  await store.begin('t', fromZero)
  for (let from = 0; from < LISTENERS; from += A_STEP)
    await store.apply('t', stepOf(from, LISTENERS, madeList))
  store.close()
  return LISTENERS
}

async function totals(redisUrl: string, minutes: number): Promise<number> {
  const store = new TotalsStore({ redisUrl, keyPrefix: 'bench:', k: K })
  await store.connect()
  await store.begin('t', fromZero)
  const count = ARTISTS * minutes
  const valueOf = (row: number) => madeTotal(row % ARTISTS, Math.floor(row / ARTISTS) * MINUTE_MS)
  for (let from = 0; from < count; from += A_STEP) await store.apply('t', stepOf(from, count, valueOf))
  store.close()
  return count
}

function stepOf<V>(from: number, count: number, valueOf: (row: number) => V): Step<V> {
  const next = Math.min(count, from + A_STEP)
  const rows = Array.from({ length: next - from }, (_, at) => ({
    offset: BigInt(from + at),
    value: valueOf(from + at),
  }))
  const partitions = [{ partition: 0, from: BigInt(from), next: BigInt(next), rows }]
  return { partitions, receivedAt: [], refused: [] }
}

async function presence(redis: Redis): Promise<number> {
  for (let from = 0; from < LISTENERS; from += A_STEP) {
    const pipeline = redis.pipeline()
    for (let row = from; row < Math.min(LISTENERS, from + A_STEP); row++) {
      const key = presenceKey('bench:', listenerName(row))
      pipeline
        .zadd(key, Date.now() + LIFE_MS, '00000000-0000-0000-0000-000000000000 me:recommendations')
        .pexpire(key, 10 * LIFE_MS)
    }
    await pipeline.exec()
  }
  return LISTENERS
}
