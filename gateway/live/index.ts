import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { TemplatedApp } from 'uWebSockets.js'
import { websocketPath } from '../../schemas/endpoints.ts'
import type { PseudonymOf } from '../../schemas/pseudonym.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import { openAccess } from './access/access.ts'
import { channelMethods } from './api/channel-methods.ts'
import { addServerApi } from './api/server-api.ts'
import { sessionMethods } from './api/session-methods.ts'
import { openChannels } from './channels/open-channels.ts'
import { Cluster, type ClusterSettings, type ClusterTimes } from './cluster/cluster.ts'
import { disconnects } from './protocol/codes.ts'
import type { LifetimeLimits } from './sessions/lifetime.ts'
import type { LimitSettings } from './limits/limits.ts'
import { listsIn } from './listeners/lists.ts'
import { gatewayMetrics } from './metrics.ts'
import type { TokenSettings } from './access/mint-token.ts'
import type { TlsFiles } from './sockets/listener.ts'
import { originCheck } from './sockets/origin.ts'
import { redisConnection } from './redis.ts'
import { type SendEvent, rpc } from './listeners/rpc.ts'
import { serve } from './sockets/server.ts'
import { Turn } from './sockets/turn.ts'
import type { SessionContext, SessionLimits } from './sessions/session-context.ts'
import type { Session } from './sessions/session.ts'

export interface GatewayLimits extends SessionLimits {
  /** Publications that one recovery brings at most; who missed more is told so. */
  maxRecovered: number
}

export interface GatewayTimes extends LifetimeLimits, ClusterTimes {
  /** Between two looks at what is due on each socket. */
  tickEvery: number
  /** Between two looks whether a channel has moved on unnoticed. */
  positionCheckEvery: number
  /** How long a listener counts as present after the last word of a gateway. */
  presenceLife: number
  /** Between two looks whether the certificate has been replaced. */
  tlsLookEvery: number
}

export interface GatewayOptions extends ClusterSettings {
  host: string
  /** 0 takes a free one. */
  port: number
  redisUrl: string
  /** Before all Redis keys, as the publisher's. */
  keyPrefix: string
  token: TokenSettings
  /** Of a listener's user id, which a token has as its subject: the pseudonym that events carry. */
  pseudonymOf: PseudonymOf
  /** Seals what devices listeners have, for the push stage. */
  pushKey: SealingKey
  /** Origins of pages that may connect; `none` in it lets clients without an Origin in. */
  allowedOrigins: readonly string[]
  /** Writes what listeners tell of themselves. */
  send: SendEvent
  /** Of the server API, each at least 32 characters: any of them opens it. None: there is no such API. */
  apiKeys?: readonly string[]
  log: Logger
  metrics: Registry
  limits?: Partial<GatewayLimits>
  /** Serves by TLS, with what these files hold; what replaces them is taken. Default: plain, behind a proxy that does. */
  tls?: TlsFiles
  /** What clients may do how often, and have. Default: no limits but those of a socket. */
  clientLimits?: LimitSettings
  /** Milliseconds. */
  times?: Partial<GatewayTimes>
}

export interface Gateway {
  port: number
  /** Its id among the nodes that share its Redis. */
  node: string
  /** Whether new clients can be served: Redis answers, and this node stays. */
  ready(): boolean
  /** Sends every client away with leave to return, over the time that is set for it, and closes. */
  stop(): Promise<void>
}

const defaultLimits: GatewayLimits = {
  maxFrameBytes: 64 * 1024,
  maxFramesPerSecond: 1_000,
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
  tlsLookEvery: 5_000,
  presenceLife: 60_000,
  beatEvery: 1_000,
  nodeLife: 3_000,
  drainOver: 0,
  sessionLife: 60_000,
}

/** Of one request to the server API. */
const MAX_API_BYTES = 1024 * 1024

const version = 'continuo'

/**
 * Serves live channels to WebSocket clients over the Centrifuge protocol. It starts without Redis, too, and is ready when
 * Redis answers.
 * @throws GatewayError if the address cannot be listened on, or the key or an allowed origin cannot be right.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, redisUrl, keyPrefix, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const times = { ...defaultTimes, ...options.times }
  const originAllowed = originCheck(options.allowedOrigins)

  const commands = redisConnection(redisUrl, log)
  const feed = redisConnection(redisUrl, log)
  const sessions = new Set<Session>()
  const metrics = gatewayMetrics(options.metrics, {
    connections: () => sessions.size,
    subscriptions: () => channels.hubs.subscriptions,
  })
  const channels = openChannels({ commands, feed, keyPrefix, metrics, limits, times, log })
  const access = openAccess({
    ...{ ...options, feed, commands, log, lookEvery: times.positionCheckEvery },
    onMore: () => sessions.forEach((session) => session.checkToken()),
  })
  const redisAnswers = () => commands.status === 'ready' && feed.status === 'ready'
  const cluster = new Cluster({
    ...{ redis: commands, ears: redisConnection(redisUrl, log), keyPrefix, settings: options },
    ...{ times, sessions, originAllowed, healthy: redisAnswers, log, metrics: options.metrics },
  })
  const context = {
    turn: new Turn(),
    ...channels,
    ...access.checks,
    roster: cluster.roster,
    call: rpc({ ...options, listOf: listsIn(commands, keyPrefix), now: Date.now }),
    ...{ limits, times, metrics, log, version, now: Date.now },
  }
  const server = await serve({
    ...{ ...options, ...times, sessions, originAllowed, context, admit: access.admit },
    addRoutes: (app) => addRoutes(app, cluster, options, context),
    refusal: () => cluster.refusal(),
  })
  channels.start()
  access.revocations.start()
  // Both go on trying by themselves; what keeps them away is logged by their own handler.
  await Promise.allSettled([commands.connect(), feed.connect()])
  await access.revocations.looked()
  await cluster.start(`${options.tls ? 'wss' : 'ws'}://${host}:${server.port}${websocketPath}`)
  log.info({ host, port: server.port, node: cluster.id }, 'gateway listens')

  return {
    port: server.port,
    node: cluster.id,
    ready: () => redisAnswers() && !cluster.isLeaving,
    async stop() {
      await cluster.drain(times.drainOver)
      server.close(disconnects.shutdown)
      access.revocations.stop()
      await Promise.all([channels.stop(), cluster.stop()])
      commands.disconnect()
      feed.disconnect()
    },
  }
}

/** What is served beside the WebSocket. */
function addRoutes(
  app: TemplatedApp,
  cluster: Cluster,
  { apiKeys: keys = [], pseudonymOf, log }: GatewayOptions,
  { publish, history, channelPresence }: Pick<SessionContext, 'publish' | 'history' | 'channelPresence'>,
): void {
  const sessions = sessionMethods({
    pseudonymOf,
    tell: (message) => cluster.tell(message),
    nodes: () => cluster.nodes,
    sessionsOf: (listener) => cluster.roster.everywhere(listener),
  })
  const channels = channelMethods({ pseudonymOf, publish, history, channelPresence })
  cluster.addRoutes(app)
  addServerApi(app, {
    ...{ keys, maxBytes: MAX_API_BYTES, onCalled: cluster.metrics.called, log },
    methods: { ...sessions, ...channels },
  })
}
