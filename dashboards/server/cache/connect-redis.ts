import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** An answer of the cache that takes longer is no help. */
const COMMAND_MS = 250

/** A connection that comes back by itself for ever, and refuses commands while it is away. */
export function connectRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    commandTimeout: COMMAND_MS,
    connectTimeout: 2_000,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000) * (0.5 + Math.random() / 2),
  })
  let reported = false
  redis.on('error', (error) => {
    if (!reported) log.warn({ err: error }, 'redis does not answer: queries go to ClickHouse, none is kept')
    reported = true
  })
  redis.on('ready', () => {
    if (reported) log.info('redis answers again')
    reported = false
  })
  return redis
}
