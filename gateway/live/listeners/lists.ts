import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../../schemas/channels.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'

/** The lists of listeners, as their own channels have them: the newest alone. @throws if Redis does not answer */
export function listsIn(redis: RedisClient, keyPrefix: string) {
  return async function listOf(listener: string): Promise<RecommendationsUpdate | undefined> {
    const { log } = channelKeys(keyPrefix, channelOf(ownChannels.recommendations, listener))
    const [newest] = await redis.xrevrange(log, '+', '-', 'COUNT', 1)
    return newest && (JSON.parse(newest[1][1]!) as RecommendationsUpdate)
  }
}
