import type { RedisClient } from '../../schemas/redis-servers.ts'
import { type Config, loadConfig } from '../config.ts'
import { refusal, requireServices } from '../reachable.ts'
import { connectedRedis } from '../redis/connected.ts'

/** Does something with the Redis that gateways share. @throws ServiceAwayError if it does not answer, or refuses */
export async function inRedis<T>(work: (redis: RedisClient, config: Config) => Promise<T>): Promise<T> {
  const config = loadConfig()
  await requireServices(config, ['redis'])
  const redis = await connectedRedis(config.REDIS_URL)
  try {
    return await work(redis, config)
  } catch (error) {
    // It has answered: that its user may not do this, for instance.
    throw error instanceof Error && error.name === 'ReplyError' ? refusal('redis', config, error) : error
  } finally {
    redis.disconnect()
  }
}
