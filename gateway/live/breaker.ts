import {
  CircuitState,
  ConsecutiveBreaker,
  type IBackoff,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
} from 'cockatiel'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'

/** Runs calls of something that may be away. @throws what the call throws, or at once that the breaker is open */
export type Breaker = <T>(call: () => Promise<T>) => Promise<T>

export interface BreakerOptions {
  /** What is called, in snake_case. */
  name: string
  /** What to do when it is away. */
  remedy: string
  metrics: Registry
  log: Logger
  /** Failures in a row after which it is left alone. */
  failures?: number
  /** Milliseconds for which it is left alone, until one call tries it. */
  restFor?: number
  /** Milliseconds, never going back. */
  now?: () => number
}

/**
 * Leaves alone what has failed several times in a row: callers are told at once instead of waiting, and it has not all of them at its door when it comes
 * back. Says so once, and when it answers again.
 */
export function breaker(options: BreakerOptions): Breaker {
  const { name, remedy, metrics, log, failures = 5, restFor = 5_000, now = () => performance.now() } = options
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: { next: () => restBy(now, restFor) },
    breaker: new ConsecutiveBreaker(failures),
  })
  breakerGauge(metrics).set({ breaker: name }, 0)
  let isAway = false
  policy.onBreak((reason) => {
    const error = 'error' in reason ? reason.error : undefined
    if (!isAway)
      log.warn({ breaker: name, err: error }, `does not answer, and is left alone for now: ${remedy}`)
    isAway = true
  })
  policy.onReset(() => {
    log.info({ breaker: name }, 'answers again')
    isAway = false
  })
  policy.onStateChange((state) =>
    breakerGauge(metrics).set({ breaker: name }, state === CircuitState.Closed ? 0 : 1),
  )
  return (call) => policy.execute(call)
}

/** The library goes by the date, and would rest for an hour where that is set back by one: to each of its looks it is told that there is all to wait for, or nothing. */
function restBy(now: () => number, ms: number): IBackoff<unknown> {
  const end = now() + ms
  return {
    get duration() {
      return now() < end ? Infinity : -Infinity
    },
    next: () => restBy(now, ms),
  }
}

/** Whether it is the error of a call that was not made. */
export const isLeftAlone = (error: unknown): boolean => isBrokenCircuitError(error)

const METRIC = 'continuo_gateway_breaker_open'

/** One for all breakers of a process; registered when it is asked for first. */
export function breakerGauge(metrics: Registry): Gauge {
  const known = metrics.getSingleMetric(METRIC) as Gauge | undefined
  return (
    known ??
    new Gauge({
      name: METRIC,
      help: 'Whether something that has failed is left alone for now: 1',
      labelNames: ['breaker'],
      registers: [metrics],
    })
  )
}
