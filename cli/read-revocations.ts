import type { Logger } from 'pino'
import { Revocations } from '../gateway/live/access/revocations.ts'
import { revocationLifeMs } from '../gateway/live/access/revoke.ts'
import { openRedis } from '../gateway/live/redis.ts'
import type { Config } from './config.ts'

/** Lets a token pass that has not been revoked. @throws TokenExpired, TokenInvalid, or CannotTell until Redis has answered once */
export type CheckRevoked = Revocations['check']

const LOOK_EVERY_MS = 10_000

/** Reads what is revoked, as gateways do, from now on until it is stopped. */
export async function readRevocations(
  config: Pick<Config, 'REDIS_URL' | 'REDIS_PREFIX' | 'TOKEN_LONGEST_LIFE_S'>,
  log: Logger,
): Promise<{ check: CheckRevoked; stop(): void }> {
  // Who took a cluster for one server cannot read what is revoked, and lets nobody in: what starts it starts it anew.
  const redis = await openRedis(config.REDIS_URL, log, () => process.kill(process.pid, 'SIGTERM'))
  const revocations = new Revocations({
    feed: redis.feed,
    commands: redis.commands,
    keyPrefix: config.REDIS_PREFIX,
    log,
    lifeMs: revocationLifeMs(config.TOKEN_LONGEST_LIFE_S),
    lookEvery: LOOK_EVERY_MS,
    onMore: () => undefined,
  })
  revocations.start()
  void redis.connect()
  return {
    check: (token) => revocations.check(token),
    stop() {
      revocations.stop()
      redis.disconnect()
    },
  }
}
