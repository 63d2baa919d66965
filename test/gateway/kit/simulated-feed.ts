import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { ChannelHubs, type ChannelHubsOptions } from '../../../gateway/live/channels/channel-hubs.ts'
import { SimulatedRedis } from './simulated-redis.ts'

/** The connection that listens: a test decides what becomes of each SUBSCRIBE. */
class SimulatedFeed extends EventEmitter {
  readonly status = 'ready'
  /** Those that have no answer yet, oldest first. */
  readonly asked: PromiseWithResolvers<unknown>[] = []
  readonly unsubscribed: string[] = []
  reconnections = 0

  subscribe(): Promise<unknown> {
    const asked = Promise.withResolvers<unknown>()
    this.asked.push(asked)
    return asked.promise
  }

  unsubscribe(feedName: string): Promise<unknown> {
    this.unsubscribed.push(feedName)
    return Promise.resolve()
  }

  disconnect(): void {
    this.reconnections++
  }
}

/** The hubs of a gateway between a feed and a log that a test answers for; the caller starts and stops them. */
export function simulatedHubs(
  logger: Logger,
  others: Partial<Pick<ChannelHubsOptions, 'log' | 'positionCheckEvery'>> = {},
) {
  const feed = new SimulatedFeed()
  const redis = new SimulatedRedis()
  const hubs = new ChannelHubs({
    feed: feed as unknown as Redis,
    commands: feed as unknown as Redis,
    log: redis,
    keyPrefix: '',
    encode: (_, said) => Buffer.from(JSON.stringify(said)),
    onFanOut: () => undefined,
    positionCheckEvery: 60_000,
    logger,
    ...others,
  })
  return { feed, redis, hubs }
}
