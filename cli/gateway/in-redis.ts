import { Redis } from 'ioredis'
import { type Config, loadConfig } from '../config.ts'
import { requireServices } from '../reachable.ts'

/** Does something with the Redis that gateways share. @throws ServiceAwayError if it does not answer */
export async function inRedis<T>(work: (redis: Redis, config: Config) => Promise<T>): Promise<T> {
  const config = loadConfig()
  await requireServices(config, ['redis'])
  const redis = new Redis(config.REDIS_URL)
  try {
    return await work(redis, config)
  } finally {
    redis.disconnect()
  }
}
