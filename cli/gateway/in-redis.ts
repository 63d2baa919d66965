import type { RedisClient } from '../../schemas/redis-servers.ts'
import { type Config, loadConfig } from '../config.ts'
import { requireServices } from '../reachable.ts'
import { connectedRedis } from '../redis/connected.ts'

/** Does something with the Redis that gateways share. @throws ServiceAwayError if it does not answer */
export async function inRedis<T>(work: (redis: RedisClient, config: Config) => Promise<T>): Promise<T> {
  const config = loadConfig()
  await requireServices(config, ['redis'])
  const redis = await connectedRedis(config.REDIS_URL)
  try {
    return await work(redis, config)
  } finally {
    redis.disconnect()
  }
}
