import type { Logger } from 'pino'
import { presenceKey } from '../../schemas/channels.ts'
import { type CountLeased, countLeased } from '../../schemas/leases.ts'
import { type Scripted, withScripts } from '../../schemas/redis-scripts.ts'
import { connectionTo, isCluster } from '../../schemas/redis-servers.ts'

const COMMAND_TIMEOUT_MS = 1_000

export interface Presence {
  /** Whether a listener is looking at the page. While Redis does not answer nobody is, as far as is known: a push too many is better than none. */
  isPresent(listener: string): Promise<boolean>
  close(): void
}

/** Who is looking at the page, as the gateway keeps it in Redis. `prefix`: of all keys there. */
export function presenceInRedis(url: string, prefix: string, log: Logger): Presence {
  let away = false
  const awayBy = (error: unknown) => {
    if (!away)
      log.warn({ err: error }, 'Redis does not answer: pushes go to listeners who may be looking at the page')
    away = true
  }
  async function connected(): Promise<Scripted<CountLeased>> {
    const redis = connectionTo(url, await isCluster(url, COMMAND_TIMEOUT_MS), {
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (attempts) => Math.min(50 * attempts, 1_000),
    })
    redis.on('error', awayBy)
    redis.on('ready', () => (away = false))
    await redis.connect().catch(() => undefined)
    return withScripts<CountLeased>(redis, countLeased)
  }
  let connecting: Promise<Scripted<CountLeased>> | undefined
  return {
    async isPresent(listener) {
      try {
        connecting ??= connected()
        const redis = await connecting.catch((error: unknown) => {
          connecting = undefined
          awayBy(error)
          throw error
        })
        return (await redis.countLeased(presenceKey(prefix, listener))) > 0
      } catch {
        return false
      }
    },
    close: () =>
      void connecting?.then(
        (redis) => redis.disconnect(),
        () => undefined,
      ),
  }
}
