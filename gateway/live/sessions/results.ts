import type { Joined } from '../channels/channel-hub.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Expiry, SubscribeResult } from '../protocol/replies.ts'

/** What a client is told of where it starts in a channel; whether it recovered is counted. */
export function subscribeResult(
  { epoch, offset, publications, recovered }: Joined,
  metrics: Pick<GatewayMetrics, 'recovery'>,
): SubscribeResult {
  const result: SubscribeResult = { recoverable: true, positioned: true, epoch, offset }
  if (recovered === undefined) return publications.length === 0 ? result : { ...result, publications }
  metrics.recovery(recovered)
  return { ...result, was_recovering: true, recovered, publications }
}

const MAX_TTL_SECONDS = 2 ** 31 - 1

/** How long something still lasts, whole seconds and at least one. Times are milliseconds since 1970. */
export function expiryOf(expiresAt: number, now: number): Expiry {
  const seconds = Math.floor((expiresAt - now) / 1000)
  return { expires: true, ttl: Math.min(Math.max(seconds, 1), MAX_TTL_SECONDS) }
}
