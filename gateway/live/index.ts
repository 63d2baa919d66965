import { isIPv6 } from 'node:net'
import type { TemplatedApp } from 'uWebSockets.js'
import { websocketPath } from '../../schemas/endpoints.ts'
import { openAccess } from './access/access.ts'
import { channelMethods } from './api/channel-methods.ts'
import { addServerApi, checkKeys } from './api/server-api.ts'
import { sessionMethods } from './api/session-methods.ts'
import { openChannels } from './channels/open-channels.ts'
import { Cluster } from './cluster/cluster.ts'
import { Limits } from './limits/limits.ts'
import { listsIn } from './listeners/lists.ts'
import { rpc } from './listeners/rpc.ts'
import { gatewayMetrics } from './metrics.ts'
import { limitsAndTimes, type GatewayOptions } from './options.ts'
import { disconnects } from './protocol/codes.ts'
import { openRedis } from './redis.ts'
import type { SessionContext } from './sessions/session-context.ts'
import { Session } from './sessions/session.ts'
import { foreignOrigins, originCheck } from './sockets/origin.ts'
import { serve } from './sockets/server.ts'
import { Turn } from './sockets/turn.ts'

export type { GatewayOptions } from './options.ts'

export interface Gateway {
  port: number
  /** Its id among the nodes that share its Redis. */
  node: string
  /** Whether new clients can be served: Redis answers and takes this node, and it stays. */
  ready(): boolean
  /** Sends every client away with leave to return, over the time that is set for it, and closes. */
  stop(): Promise<void>
}

/**
 * Serves live channels to WebSocket clients over the Centrifuge protocol. It starts without Redis, too, and is ready
 * when Redis answers.
 * @throws GatewayError if the address cannot be listened on, or a key or an allowed origin cannot be right.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, log } = options
  checkKeys(options.apiKeys)
  const originAllowed = originCheck(options.allowedOrigins)
  const redis = await openRedis(options.redisUrl, log, () => options.onDone?.())
  const sessions = new Set<Session>()
  const { channels, access, limiter, cluster, limits, times, onForeign, context } = openParts(
    options,
    redis,
    sessions,
    originAllowed,
  )
  const { metrics } = context
  const server = await serve({
    ...options,
    ...times,
    limits,
    originAllowed,
    limiter,
    traffic: metrics.traffic,
    onForeign,
    refusal: () => cluster.refusal(),
    door: cluster,
    owners: sessions,
    open: (socket, encoding) => new Session(context, socket, encoding),
    addRoutes: (app) => addRoutes(app, options, cluster, context),
  })
  channels.start()
  access.revocations.start()
  await redis.connect()
  await access.revocations.looked()
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${server.port}`
  await cluster.start(`${options.tls ? 'wss' : 'ws'}://${authority}${websocketPath}`)
  log.info({ host, port: server.port, node: cluster.id, url: cluster.url }, 'gateway listens')

  return {
    port: server.port,
    node: cluster.id,
    ready: () => redis.answers() && cluster.isTaken && !cluster.isLeaving,
    async stop() {
      await cluster.drain(times.drainOver)
      server.close(disconnects.shutdown)
      access.revocations.stop()
      await Promise.all([channels.stop(), cluster.stop()])
      redis.disconnect()
    },
  }
}

/** What sessions work with; `sessions` will have them all. */
function openParts(
  options: GatewayOptions,
  redis: Awaited<ReturnType<typeof openRedis>>,
  sessions: ReadonlySet<Session>,
  originAllowed: (origin: string) => boolean,
) {
  const { keyPrefix, token, pseudonymOf, log } = options
  const { commands, feed } = redis
  const { limits, times } = limitsAndTimes(options)
  const live = { sessions, subscriptions: () => channels.hubs.subscriptions }
  const metrics = gatewayMetrics(options.metrics, live)
  const channels = openChannels({ commands, feed, keyPrefix, metrics, limits, times, log })
  const access = openAccess({
    token,
    pseudonymOf,
    commands,
    feed,
    keyPrefix,
    log,
    lookEvery: times.positionCheckEvery,
    onMore: () => sessions.forEach((session) => session.checkTokens()),
  })
  const limiter = new Limits({
    redis: commands,
    keyPrefix,
    settings: options.clientLimits ?? {},
    secret: token.key,
    metrics: options.metrics,
    log,
  })
  const onForeign = foreignOrigins(log, metrics.foreign)
  const cluster = new Cluster({
    redis: commands,
    feed,
    keyPrefix,
    settings: options,
    times,
    sessions,
    originAllowed,
    onForeign,
    healthy: () => redis.answers(),
    metrics: options.metrics,
    log,
  })
  const context: SessionContext = {
    ...channels,
    ...access.checks,
    limiter,
    roster: cluster.roster,
    call: rpc({ ...options, listOf: listsIn(commands, keyPrefix), now: Date.now }),
    queues: { turn: new Turn(), limits, traffic: metrics.traffic },
    limits,
    times,
    metrics,
    log,
    now: Date.now,
  }
  return { channels, access, limiter, cluster, limits, times, onForeign, context }
}

/** What is served beside the WebSocket. */
function addRoutes(
  app: TemplatedApp,
  { apiKeys: keys = [], pseudonymOf, log }: GatewayOptions,
  cluster: Cluster,
  { publish, history, channelPresence, metrics }: SessionContext,
): void {
  const sessions = sessionMethods({
    pseudonymOf,
    tell: (message) => cluster.tell(message),
    nodes: () => cluster.nodes,
    sessionsOf: (listener) => cluster.roster.everywhere(listener),
  })
  const channels = channelMethods({ pseudonymOf, publish, history, channelPresence })
  cluster.addRoutes(app)
  addServerApi(app, { keys, methods: { ...sessions, ...channels }, onCalled: metrics.called, log })
}
