import { Redis } from 'ioredis'
import { type TopArtistsUpdate, channelKeys, channels } from '../../schemas/channels.ts'

/** Meta, log and Pub/Sub in one step, as schemas/channels.ts asks of a publisher. */
const publishStep = `
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = ARGV[2]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], offset .. '-0', 'data', ARGV[1])
redis.call('PUBLISH', KEYS[3], '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',"data":' .. ARGV[1] .. '}')
return offset
`

/** Publishes `top-artists` as the Redis sink does, without one. `history` is how many updates a log keeps. */
export function topArtistsPublisher(redisUrl: string, keyPrefix: string, { history = 300 } = {}) {
  const redis = new Redis(redisUrl)
  const keys = channelKeys(keyPrefix, channels.topArtists)
  return {
    async publish(update: TopArtistsUpdate): Promise<void> {
      const data = JSON.stringify(update)
      await redis.eval(publishStep, 3, keys.meta, keys.log, keys.publish, data, 'epoch-1', history)
    },
    async stop(): Promise<void> {
      await redis.del(keys.meta, keys.log)
      await redis.quit()
    },
  }
}
