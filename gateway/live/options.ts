import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { PseudonymOf } from '../../schemas/pseudonym.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import type { TokenSettings } from './access/token-settings.ts'
import type { ClusterSettings, ClusterTimes } from './cluster/cluster.ts'
import type { LimitSettings } from './limits/limits.ts'
import type { SendEvent } from './listeners/rpc.ts'
import type { LifetimeLimits } from './sessions/lifetime.ts'
import type { SessionLimits } from './sessions/session-context.ts'
import type { TlsFiles } from './sockets/listener.ts'
import type { SocketLimits } from './sockets/socket.ts'

export interface GatewayLimits extends SocketLimits, SessionLimits {
  /** Publications that one recovery brings at most; who missed more is told so. */
  maxRecovered: number
}

/** Milliseconds. */
export interface GatewayTimes extends LifetimeLimits, ClusterTimes {
  /** Between two looks at what is due on each socket. */
  tickEvery: number
  /** Between two looks for what Pub/Sub has lost unnoticed: messages of channels, and revocations. */
  positionCheckEvery: number
  /** How long a listener, or a client in a channel, counts as present after the last word of a gateway. */
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
  /**
   * Serves by TLS, with what these files hold; what replaces them is taken. Default: plain, behind a proxy that does.
   */
  tls?: TlsFiles
  /** What clients may do how often, and have. Default: no limits but those of a socket. */
  clientLimits?: LimitSettings
  times?: Partial<GatewayTimes>
}

export const defaultLimits: GatewayLimits = {
  maxFrameBytes: 64 * 1024,
  maxFramesPerSecond: 1_000,
  maxCommandsPerFrame: 64,
  maxChannelLength: 255,
  maxSubscriptions: 128,
  maxPendingCommands: 256,
  maxQueuedBytes: 1024 * 1024,
  maxQueuedBytesOfAll: 256 * 1024 * 1024,
  maxQueuedMs: 30_000,
  maxRecovered: 1_000,
}

export const defaultTimes: GatewayTimes = {
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

/** What is set of them, and the rest by default. */
export const limitsAndTimes = ({ limits, times }: Pick<GatewayOptions, 'limits' | 'times'>) => ({
  limits: { ...defaultLimits, ...limits },
  times: { ...defaultTimes, ...times },
})
