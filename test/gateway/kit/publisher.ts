import { Redis } from 'ioredis'
import { channelKeys } from '../../../schemas/channels.ts'

/** Does in one step what the contract of `schemas/channels.ts` asks of every publisher. */
const publishScript = `
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[2])
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[4], offset .. '-0', 'data', ARGV[3])
if ARGV[5] == 'aloud' then
  redis.call('SPUBLISH', ARGV[1], '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',"data":' .. ARGV[3] .. '}')
end
return offset
`

export interface TestPublisher {
  redis: Redis
  publish(data: unknown): Promise<number>
  /** Publishes such that Pub/Sub loses the message: it is in the log only. */
  publishUnheard(data: unknown): Promise<number>
  /** Begins a new life of the stream, as after a loss of data. */
  newEpoch(epoch: string): Promise<void>
  close(): void
}

export interface PublisherOptions {
  redisUrl: string
  keyPrefix: string
  channel: string
  epoch?: string
  /** Messages that the log keeps. */
  history?: number
}

export function testPublisher(options: PublisherOptions): TestPublisher {
  const { redisUrl, keyPrefix, channel, epoch = 'first', history = 100 } = options
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  const keys = channelKeys(keyPrefix, channel)
  const run = (data: unknown, how: 'aloud' | 'unheard') =>
    redis.eval(
      publishScript,
      2,
      keys.meta,
      keys.log,
      keys.publish,
      epoch,
      JSON.stringify(data),
      history,
      how,
    ) as Promise<number>
  return {
    redis,
    publish: (data) => run(data, 'aloud'),
    publishUnheard: (data) => run(data, 'unheard'),
    async newEpoch(next) {
      await redis.multi().del(keys.log, keys.meta).hset(keys.meta, 'epoch', next).exec()
    },
    close: () => redis.disconnect(),
  }
}
