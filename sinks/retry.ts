import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface RetryOptions {
  /** What is attempted, as the log will say it. */
  what: string
  log: Logger
  /** Whether it has become pointless: the retrying ends with the error. */
  pointless(): boolean
  /** Whether trying again could help. Default: always. */
  transient?(error: unknown): boolean
}

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2_000

/**
 * Attempts something until it succeeds; waits between two attempts ever longer, up to two seconds, with jitter, so
 * that the sinks of a cluster do not come back all at once.
 * @throws the last error, if it is not transient or going on has become pointless.
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      return await attempt()
    } catch (error) {
      if (options.pointless() || options.transient?.(error) === false) throw error
      const pause = Math.round(wait * (0.5 + Math.random() / 2))
      options.log.warn({ err: error, retryInMs: pause }, `${options.what} failed`)
      await delay(pause)
    }
  }
}
