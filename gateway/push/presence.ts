import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { presenceKey } from '../../schemas/channels.ts'
import { countLeased } from '../../schemas/leases.ts'

const COMMAND_TIMEOUT_MS = 1_000

export interface Presence {
  /** Whether a listener is looking at the page. While Redis does not answer nobody is, as far as is known: a push too many is better than none. */
  isPresent(listener: string): Promise<boolean>
  close(): void
}

/** Who is looking at the page, as the gateway keeps it in Redis. `prefix`: of all keys there. */
export function presenceInRedis(url: string, prefix: string, log: Logger): Presence {
  const redis = new Redis(url, {
    ...{ enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: COMMAND_TIMEOUT_MS },
    retryStrategy: (attempts) => Math.min(50 * attempts, 1_000),
    scripts: { countLeased },
  }) as Redis & { countLeased(key: string): Promise<number> }
  let away = false
  redis.on('error', (error) => {
    if (!away)
      log.warn({ err: error }, 'Redis does not answer: pushes go to listeners who may be looking at the page')
    away = true
  })
  redis.on('ready', () => (away = false))
  return {
    async isPresent(listener) {
      try {
        return (await redis.countLeased(presenceKey(prefix, listener))) > 0
      } catch {
        return false
      }
    },
    close: () => redis.disconnect(),
  }
}
