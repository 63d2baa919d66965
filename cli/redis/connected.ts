import { type RedisClient, connectionTo, isCluster } from '../../schemas/redis-servers.ts'

const CONNECT_WITHIN_MS = 10_000

/** A connection for one piece of work, which is given up when it breaks. @throws what keeps Redis away */
export async function connectedRedis(redisUrl: string): Promise<RedisClient> {
  const redis = connectionTo(redisUrl, await isCluster(redisUrl, CONNECT_WITHIN_MS), {
    connectTimeout: CONNECT_WITHIN_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  // What it says is what a call throws, too.
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return redis
  } catch (error) {
    redis.disconnect()
    throw error
  }
}
