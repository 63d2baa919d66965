import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { channelOf, channels, ownChannels, receivedAtOf } from '../../schemas/channels.ts'
import type { PseudonymOf } from '../../schemas/pseudonym.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import { tokenVerifier } from './access/auth.ts'
import { ChannelHubs } from './channels/channel-hubs.ts'
import { redisChannelLog } from './channels/channel-log.ts'
import { disconnects } from './protocol/codes.ts'
import type { LifetimeLimits } from './sessions/lifetime.ts'
import { listsIn } from './listeners/lists.ts'
import { gatewayMetrics } from './metrics.ts'
import type { TokenSettings } from './access/mint-token.ts'
import { originCheck } from './sockets/origin.ts'
import { redisConnection } from './redis.ts'
import { Presence } from './listeners/presence.ts'
import { publicationFrame } from './protocol/replies.ts'
import { type SendEvent, rpc } from './listeners/rpc.ts'
import { serve } from './sockets/server.ts'
import { Turn } from './sockets/turn.ts'
import type { SessionLimits } from './sessions/session-context.ts'
import type { Session } from './sessions/session.ts'

export interface GatewayLimits extends SessionLimits {
  /** Publications that one recovery brings at most; who missed more is told so. */
  maxRecovered: number
}

export interface GatewayTimes extends LifetimeLimits {
  /** Between two looks at what is due on each socket. */
  tickEvery: number
  /** Between two looks whether a channel has moved on unnoticed. */
  positionCheckEvery: number
  /** How long a listener counts as present after the last word of a gateway. */
  presenceLife: number
}

export interface GatewayOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  redisUrl: string
  /** Before all Redis keys, as the publisher's. */
  keyPrefix: string
  token: TokenSettings
  /** Maps a token's subject to the pseudonym that events carry. */
  /** Of a listener's user id. */
  pseudonymOf: PseudonymOf
  /** Seals what devices listeners have, for the push stage. */
  pushKey: SealingKey
  /** Origins of pages that may connect; `none` in it lets clients without an Origin in. */
  allowedOrigins: readonly string[]
  /** Writes what listeners tell of themselves. */
  send: SendEvent
  log: Logger
  metrics: Registry
  limits?: Partial<GatewayLimits>
  /** Milliseconds. */
  times?: Partial<GatewayTimes>
}

export interface Gateway {
  port: number
  /** Whether subscriptions can be served: Redis answers. */
  ready(): boolean
  /** Sends every client away with leave to return, and closes. */
  stop(): Promise<void>
}

const defaultLimits: GatewayLimits = {
  maxFrameBytes: 64 * 1024,
  maxCommandsPerFrame: 64,
  maxChannelLength: 255,
  maxSubscriptions: 128,
  maxPendingCommands: 256,
  maxQueuedBytes: 1024 * 1024,
  maxQueuedMs: 30_000,
  maxRecovered: 1_000,
}

const defaultTimes: GatewayTimes = {
  connectWithin: 10_000,
  pingEvery: 25_000,
  pongWithin: 8_000,
  refreshGrace: 25_000,
  tickEvery: 1_000,
  positionCheckEvery: 10_000,
  presenceLife: 60_000,
}

const publicChannels = new Set<string>(Object.values(channels))
const listenersOwn = new Set<string>(Object.values(ownChannels))

function placeOf(channel: string, listener: string): string | undefined {
  if (publicChannels.has(channel)) return channel
  return listenersOwn.has(channel) ? channelOf(channel, listener) : undefined
}

const version = 'continuo'

/**
 * Serves live channels to WebSocket clients over the Centrifuge protocol. It starts without Redis, too, and is ready when
 * Redis answers.
 * @throws GatewayError if the address cannot be listened on, or the key or an allowed origin cannot be right.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, redisUrl, keyPrefix, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const times = { ...defaultTimes, ...options.times }
  const verify = tokenVerifier(options.token, options.pseudonymOf)
  const originAllowed = originCheck(options.allowedOrigins)

  const commands = redisConnection(redisUrl, log)
  const feed = redisConnection(redisUrl, log)
  const sessions = new Set<Session>()
  const metrics = gatewayMetrics(options.metrics, {
    connections: () => sessions.size,
    subscriptions: () => hubs.subscriptions,
  })
  const hubs = new ChannelHubs({
    feed,
    commands,
    // A reply with all that was missed has to fit in the queue of a socket, or its client would be cut off for ever.
    log: redisChannelLog(commands, keyPrefix, {
      maxPublications: limits.maxRecovered,
      maxBytes: limits.maxQueuedBytes / 2,
    }),
    keyPrefix,
    encode: publicationFrame,
    onFanOut: (channel, seconds, data) => metrics.fanOut(channel, seconds, receivedAtOf(data)),
    positionCheckEvery: times.positionCheckEvery,
    logger: log,
  })
  const presence = new Presence({ redis: commands, keyPrefix, lifeMs: times.presenceLife, log })
  const context = {
    turn: new Turn(),
    hubs,
    presence,
    verify,
    placeOf,
    call: rpc({ ...options, listOf: listsIn(commands, keyPrefix), now: Date.now }),
    limits,
    times,
    metrics,
    log,
    version,
    now: Date.now,
  }
  const server = await serve({ host, port, sessions, tickEvery: times.tickEvery, originAllowed, context })
  hubs.start()
  presence.start()
  // Both go on trying by themselves; what keeps them away is logged by their own handler.
  await Promise.allSettled([commands.connect(), feed.connect()])
  log.info({ host, port: server.port }, 'gateway listens')

  return {
    port: server.port,
    ready: () => commands.status === 'ready' && feed.status === 'ready',
    async stop() {
      server.close(disconnects.shutdown)
      hubs.stop()
      await presence.stop()
      commands.disconnect()
      feed.disconnect()
    },
  }
}
