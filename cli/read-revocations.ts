import type { Logger } from 'pino'
import { Revocations } from '../gateway/live/access/revocations.ts'
import { revocationLifeMs } from '../gateway/live/access/revoke.ts'
import { redisConnection } from '../gateway/live/redis.ts'
import type { Config } from './config.ts'

/** Lets a token pass that has not been revoked. @throws TokenExpired, TokenInvalid, or CannotTell until Redis has answered once */
export type CheckRevoked = Revocations['check']

const LOOK_EVERY_MS = 10_000

/** Reads what is revoked, as gateways do, from now on until it is stopped. */
export function readRevocations(
  config: Pick<Config, 'REDIS_URL' | 'REDIS_PREFIX' | 'TOKEN_LONGEST_LIFE_S'>,
  log: Logger,
): { check: CheckRevoked; stop(): void } {
  const connections = [
    redisConnection(config.REDIS_URL, log),
    redisConnection(config.REDIS_URL, log),
  ] as const
  const [feed, commands] = connections
  const revocations = new Revocations({
    ...{ feed, commands, keyPrefix: config.REDIS_PREFIX, log, onMore: () => undefined },
    ...{ lifeMs: revocationLifeMs(config.TOKEN_LONGEST_LIFE_S), lookEvery: LOOK_EVERY_MS },
  })
  revocations.start()
  // They go on trying by themselves; what keeps them away is logged by their own handler.
  for (const each of connections) each.connect().catch(() => undefined)
  return {
    check: (token) => revocations.check(token),
    stop() {
      revocations.stop()
      for (const each of connections) each.disconnect()
    },
  }
}
