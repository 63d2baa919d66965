import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface RetryOptions {
  /** What is attempted, as the log will say it. */
  what: string
  log: Logger
  /** Ends the retrying at once; an attempt that is under way is left to itself. */
  signal: AbortSignal
  /** Whether trying again could help. Default: always. */
  transient?(error: unknown): boolean
}

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2_000

/**
 * Attempts something until it succeeds; waits between two attempts ever longer, up to two seconds, with jitter, so
 * that the sinks of a cluster do not come back all at once.
 * @throws an error that is not transient, or one named AbortError once the signal has come.
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, log, signal, transient } = options
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      return await unlessAborted(attempt, signal)
    } catch (error) {
      if (signal.aborted || transient?.(error) === false) throw error
      const pause = Math.round(wait * (0.5 + Math.random() / 2))
      log.warn({ err: error, retryInMs: pause }, `${what} failed`)
      await delay(pause, undefined, { signal })
    }
  }
}

async function unlessAborted<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([attempt(), aborted.promise])
  } finally {
    // One signal outlives millions of attempts.
    signal.removeEventListener('abort', abort)
  }
}
