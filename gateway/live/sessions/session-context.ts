import type { Logger } from 'pino'
import type { Revocations } from '../access/revocations.ts'
import type { VerifySubscription, VerifyToken } from '../access/token-verifiers.ts'
import type { ChannelHubs } from '../channels/channel-hubs.ts'
import type { ChannelPresence } from '../channels/channel-presence.ts'
import type { ReadHistory } from '../channels/history.ts'
import type { Publish } from '../channels/publish.ts'
import type { Limits } from '../limits/limits.ts'
import type { OnScreen } from '../listeners/on-screen.ts'
import type { Rpc } from '../listeners/rpc.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Outage } from '../outage.ts'
import type { FrameLimits } from '../protocol/commands.ts'
import type { QueueSettings } from '../sockets/outbound-queue.ts'
import type { LifetimeLimits } from './lifetime.ts'
import type { Roster } from './roster.ts'

/** Of one session. */
export interface SessionLimits extends FrameLimits {
  maxSubscriptions: number
  /** Commands that wait for their answer. */
  maxPendingCommands: number
}

/** What all sessions of a gateway share. */
export interface SessionContext {
  queues: QueueSettings
  hubs: Pick<ChannelHubs, 'begin' | 'join' | 'leave'>
  onScreen: OnScreen
  roster: Pick<Roster<{ id: string }>, 'enter' | 'leave'>
  verify: VerifyToken
  verifySubscription: VerifySubscription
  /** Lets a token pass that has not been revoked. @throws as {@link Revocations.check} */
  checkRevoked: Revocations['check']
  limiter: Pick<Limits, 'mayCommand' | 'mayPublish'>
  channelPresence: Pick<ChannelPresence, 'enter' | 'leave' | 'clients' | 'stats'>
  publish: Publish
  history: ReadHistory
  /** Told of what clients ask for in channels and Redis does not answer. */
  channelOutage: Pick<Outage, 'failed' | 'succeeded'>
  call: Rpc
  limits: SessionLimits
  times: LifetimeLimits
  metrics: GatewayMetrics
  log: Logger
  /** Milliseconds since 1970. */
  now(): number
}
