import type { Logger } from 'pino'
import { Revocations } from '../gateway/live/access/revocations.ts'
import { revocationLifeMs } from '../gateway/live/access/revoke.ts'
import { openRedis } from '../gateway/live/open-redis.ts'
import type { Config } from './config.ts'

/** Lets a token pass that has not been revoked. @throws TokenExpired, TokenInvalid, or CannotTell until Redis has answered once */
export type CheckRevoked = Revocations['check']

const LOOK_EVERY_MS = 10_000

/** Reads what is revoked, as gateways do, from now on until it is stopped. `onMistaken`: Redis is a cluster, which was not known; nothing more is read. */
export async function readRevocations(
  config: Pick<Config, 'REDIS_URL' | 'REDIS_PREFIX' | 'TOKEN_LONGEST_LIFE_S'>,
  log: Logger,
  onMistaken: () => void,
): Promise<{ check: CheckRevoked; stop(): void }> {
  const redis = await openRedis({ redisUrl: config.REDIS_URL, log, onDone: onMistaken })
  const { feed, commands } = redis
  const revocations = new Revocations({
    ...{ feed, commands, keyPrefix: config.REDIS_PREFIX, log, onMore: () => undefined },
    ...{ lifeMs: revocationLifeMs(config.TOKEN_LONGEST_LIFE_S), lookEvery: LOOK_EVERY_MS },
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
