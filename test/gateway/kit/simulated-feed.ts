import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { ChannelHubs, type ChannelHubsOptions } from '../../../gateway/live/channels/channel-hubs.ts'
import { Feed } from '../../../gateway/live/feed.ts'
import { SimulatedRedis } from './simulated-redis.ts'

/** A connection that listens to a server: a test decides what becomes of each SSUBSCRIBE. */
class SimulatedConnection extends EventEmitter {
  status = 'wait'
  /** Those that have no answer yet, oldest first. */
  readonly asked: PromiseWithResolvers<unknown>[] = []
  readonly unsubscribed: string[] = []
  reconnections = 0

  connect(): Promise<void> {
    this.status = 'ready'
    this.emit('ready')
    return Promise.resolve()
  }

  ssubscribe(): Promise<unknown> {
    const asked = Promise.withResolvers<unknown>()
    this.asked.push(asked)
    return asked.promise
  }

  sunsubscribe(channel: string): Promise<unknown> {
    this.unsubscribed.push(channel)
    return Promise.resolve()
  }

  disconnect(): void {
    this.reconnections++
  }
}

/** A feed of one server, over a connection that a test answers for. */
export function simulatedFeed(log: Logger) {
  const connection = new SimulatedConnection()
  const redis = connection as unknown as Redis
  return { connection, feed: new Feed({ commands: redis, connect: () => redis, log }) }
}

/** The hubs of a gateway between such a feed and a log that a test answers for; the caller starts and stops them. */
export function simulatedHubs(
  logger: Logger,
  others: Partial<Pick<ChannelHubsOptions, 'log' | 'positionCheckEvery'>> = {},
) {
  const { connection, feed } = simulatedFeed(logger)
  const redis = new SimulatedRedis()
  const hubs = new ChannelHubs({
    feed,
    commands: connection as unknown as Redis,
    log: redis,
    keyPrefix: '',
    logger,
    encode: (_, said) => Buffer.from(JSON.stringify(said)),
    onFanOut: () => undefined,
    positionCheckEvery: 60_000,
    ...others,
  })
  feed.start()
  return { connection, redis, hubs }
}
