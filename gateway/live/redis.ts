import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'

/** Milliseconds until a command is given up: longer, and a client would have asked again. */
const commandTimeout = 2_000

/**
 * A connection that comes back by itself for ever and, while it is away, refuses commands at once instead of keeping
 * them: who asks then gets a temporary error. Subscriptions are renewed by their owner, which then looks for what it
 * missed. It is not opened before `connect()`.
 */
export function redisConnection(url: string, log: Logger): Redis {
  const options: RedisOptions = {
    lazyConnect: true,
    commandTimeout,
    connectTimeout: commandTimeout,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000) * (0.5 + Math.random() / 2),
  }
  const redis = new Redis(url, options)
  let reported = false
  redis.on('error', (error) => {
    if (!reported) log.warn({ err: error }, 'redis does not answer, trying again')
    reported = true
  })
  redis.on('ready', () => {
    if (reported) log.info('redis answers again')
    reported = false
  })
  return redis
}
