import type { Logger } from 'pino'
import { type RedisClient, connectionTo, isCluster } from '../../../schemas/redis-servers.ts'

/** An answer of the cache that takes longer is no help. */
const COMMAND_MS = 250
const CONNECT_MS = 2_000

/** A connection that comes back by itself for ever, and refuses commands while it is away. What does not answer now is taken for a single server. */
export async function connectRedis(url: string, log: Logger): Promise<RedisClient> {
  const clustered = await isCluster(url, CONNECT_MS).catch(() => false)
  const redis = connectionTo(url, clustered, {
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
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
  redis.connect().catch(() => undefined)
  return redis
}
