import type { RedisClient } from '../../../schemas/redis-servers.ts'
import { type Revocation, revocationKeys } from '../../../schemas/revocations.ts'

/**
 * Clocks of who signs, of Redis and of a gateway may each differ by the tolerance, which is 10 s at most: a token is
 * good a little longer than it says.
 */
const CLOCKS_MS = 60_000

/** How long a revocation is remembered, ms: until the longest token that there was has ended everywhere. */
export const revocationLifeMs = (longestLifeSeconds: number): number => longestLifeSeconds * 1_000 + CLOCKS_MS

export interface RevokeOptions {
  redis: RedisClient
  keyPrefix: string
  /** How long it is remembered: {@link revocationLifeMs}. */
  lifeMs: number
}

/**
 * Revokes tokens. Resolves with how many gateways heard of it at once; the others read it when they are back.
 * @throws a Redis error
 */
export async function revoke(options: RevokeOptions, revocation: Revocation): Promise<number> {
  const { redis, keyPrefix, lifeMs } = options
  const { log, publish } = revocationKeys(keyPrefix)
  const [seconds] = await redis.time()
  const oldest = Number(seconds) * 1_000 - lifeMs
  const replies = await redis
    .multi()
    .xadd(log, 'MINID', '~', oldest, '*', 'revocation', JSON.stringify(revocation))
    .pexpire(log, lifeMs)
    .spublish(publish, '')
    .exec()
  const failed = replies?.find(([error]) => error)?.[0]
  if (failed) throw failed
  return replies![2]![1] as number
}
