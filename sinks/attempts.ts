import { Breaker, breakerDefaults } from '../pipelines/engine/breaker.ts'
import { retrying } from './retry.ts'
import type { SetAside } from './decode.ts'
import type { SinkOptions } from './running-sink.ts'

export interface AttemptsOptions extends Pick<
  SinkOptions,
  'putAside' | 'metrics' | 'crash' | 'log' | 'breaker'
> {
  /** The sink's name in the metrics. */
  sink: string
  /** Whether trying again could help. */
  transient(error: unknown): boolean
}

const STOP_WITHIN_MS = 5_000

/** What a sink attempts, on its store and on Kafka, until it succeeds or a stop gives it up. */
export class Attempts {
  readonly #options: AttemptsOptions
  readonly #stop = new AbortController()
  readonly #breaker: Breaker
  /** The attempts that are being repeated. */
  readonly #failing = new Set<() => unknown>()

  constructor(options: AttemptsOptions) {
    this.#options = options
    this.#breaker = new Breaker(options.breaker ?? breakerDefaults)
  }

  /** Whether something failed the last time that it was attempted. */
  get failing(): boolean {
    return this.#failing.size > 0
  }

  /** Whether a stop is over: nothing is attempted any more. */
  get givenUp(): boolean {
    return this.#stop.signal.aborted
  }

  /**
   * Repeats an attempt until it succeeds. `what` names it in the log.
   * @throws an error that is not transient, or one named AbortError as soon as it is given up.
   */
  run<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const { log, metrics, sink, transient } = this.#options
    const noticing = async () => {
      try {
        const result = await attempt()
        this.#failing.delete(noticing)
        return result
      } catch (error) {
        this.#failing.add(noticing)
        metrics.failures.inc({ sink })
        throw error
      }
    }
    return retrying(noticing, { what, log, transient, signal: this.#stop.signal })
  }

  /**
   * Writes dead letters of what the sink cannot take, beside so many rows that it could. If these are too many it holds there, as if Kafka
   * were away, so that no position moves past them. @throws like {@link run}
   */
  async putAside(refused: SetAside[], rows = 0): Promise<void> {
    const { metrics, putAside, sink } = this.#options
    const stage = `${sink}-sink`
    for (let row = 0; row < rows; row++) this.#breaker.record()
    // What is replayed tells of what was wrong before.
    const fresh = refused.filter(
      ({ record, letter }) => record.refusals === undefined && letter === undefined,
    )
    metrics.deadLetters.record(stage, rows + fresh.length)
    if (refused.length === 0) return
    for (const { reason } of fresh) {
      this.#breaker.letter(reason)
      this.#breaker.record()
      metrics.deadLetters.letter(stage)
    }
    await this.run('writing dead letters', async () => {
      if (this.#breaker.open) throw new Error(this.#breaker.message(sink))
      await putAside(refused)
    })
    for (const { record, reason } of refused) metrics.setAside.inc({ sink, topic: record.topic, reason })
  }

  /** Ends the process, unless what failed has been given up: the next start begins with it. */
  readonly crash = (error: unknown): void => {
    if (!this.givenUp) this.#options.crash(error)
  }

  /** Waits until the rest of the work is done, then gives up whatever is still attempted; after `withinMs` at once. */
  async finish(rest: Promise<void>, withinMs = STOP_WITHIN_MS): Promise<void> {
    const deadline = setTimeout(() => this.#stop.abort(), withinMs)
    await rest
    clearTimeout(deadline)
    this.#stop.abort()
  }
}
