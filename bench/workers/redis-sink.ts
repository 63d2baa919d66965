import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import { topics } from '../../schemas/topics.ts'
import { sinkMetrics } from '../../sinks/metrics.ts'
import { totalsKeys } from '../../sinks/redis/keys.ts'
import { startListsSink } from '../../sinks/redis/lists-sink.ts'
import { listsKeys } from '../../sinks/redis/lists-store.ts'
import { startTotalsSink } from '../../sinks/redis/totals-sink.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'

/** A sink of Redis, from the start of its process's work until Redis stands at the end of the topic. */
const place = placeFromEnv()
const rows = Number(process.env['BENCH_ROWS'])
const redisUrl = process.env['REDIS_URL']!
const keyPrefix = `${process.env['BENCH_RUN']}:`
const isLists = process.env['BENCH_WORKLOAD'] === 'lists'
const { kafka, codec, log } = await openPlace(place)
await codec.register(isLists ? topics.recommendations : topics.artistTotalsLive)
const redis = new Redis(redisUrl)
const options = {
  kafka,
  codec,
  topicPrefix: place.topicPrefix,
  applicationId: `bench-${process.env['BENCH_RUN']}`,
  putAside: () => Promise.reject(new Error('a record was refused')),
  metrics: sinkMetrics(new Registry()),
  log,
  crash(error: unknown) {
    throw error
  },
}
const { positions } = isLists ? listsKeys(keyPrefix) : totalsKeys(keyPrefix)
const LOOK_EVERY_MS = 50

await measure(async () => {
  if (isLists) await startListsSink({ ...options, redis: { redisUrl, keyPrefix } })
  else await startTotalsSink({ ...options, redis: { redisUrl, keyPrefix, k: 10 } })
  for (;;) {
    const held = await redis.hmget(positions, '0', '1')
    if (held.reduce((sum, position) => sum + Number(position ?? 0), 0) >= rows) return { rows }
    await delay(LOOK_EVERY_MS)
  }
})
