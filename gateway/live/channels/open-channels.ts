import type { Logger } from 'pino'
import { channels as shared, ownChannels, receivedAtOf } from '../../../schemas/channels.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { Feed } from '../feed.ts'
import { LeasedMembers } from '../leased-members.ts'
import { onScreen } from '../listeners/on-screen.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { Outage } from '../outage.ts'
import { ChannelHubs } from './channel-hubs.ts'
import { redisChannelLog } from './channel-log.ts'
import { ChannelPresence } from './channel-presence.ts'
import { redisHistory } from './history.ts'
import { redisPublisher } from './publish.ts'
import { sharedReads } from './shared-reads.ts'

export interface ChannelsOptions {
  commands: RedisClient
  feed: Feed
  keyPrefix: string
  metrics: GatewayMetrics
  /** Publications that one recovery brings at most, and bytes that wait for one socket. */
  limits: { maxRecovered: number; maxQueuedBytes: number }
  /** Milliseconds. */
  times: { presenceLife: number; positionCheckEvery: number }
  log: Logger
}

const timed = new Set<string>([...Object.values(shared), ...Object.values(ownChannels)])

/** When some of what a message tells of reached Kafka, in channels of fixed names: others are without number, and what is in them clients may have written. */
export const arrivals = (name: string, data: unknown): number[] => (timed.has(name) ? receivedAtOf(data) : [])

/** All that there is to do in channels, over two connections to each Redis. */
export function openChannels({ commands, feed, keyPrefix, metrics, limits, times, log }: ChannelsOptions) {
  // A reply with all that was missed has to fit in the queue of a socket, or its client would be cut off for ever.
  const readLimits = { maxPublications: limits.maxRecovered, maxBytes: limits.maxQueuedBytes / 2 }
  const members = new LeasedMembers({ redis: commands, lifeMs: times.presenceLife, log })
  const hubs = new ChannelHubs({
    feed,
    commands,
    keyPrefix,
    logger: log,
    positionCheckEvery: times.positionCheckEvery,
    log: sharedReads(redisChannelLog(commands, keyPrefix, readLimits)),
    encode: (name, said, encoding) =>
      'pub' in said
        ? encoding.publication(name, said.pub, said.json)
        : encoding.encode({ push: { channel: name, ...said } }),
    onFanOut: (name, seconds, data) => metrics.fanOut(name, seconds, arrivals(name, data)),
  })
  return {
    hubs,
    onScreen: onScreen(keyPrefix, members),
    channelPresence: new ChannelPresence({ redis: commands, keyPrefix, members }),
    publish: redisPublisher(commands, keyPrefix),
    history: redisHistory(commands, keyPrefix, readLimits),
    channelOutage: new Outage(log, {
      begins: 'cannot do what clients ask for in channels, trying again as they do',
      ends: 'what clients ask for in channels is done again',
    }),
    start() {
      hubs.start()
      members.start()
    },
    /** Ends, once Redis has heard who has left. */
    async stop() {
      hubs.stop()
      await members.stop()
    },
  }
}
