import { setTimeout as delay } from 'node:timers/promises'
import type { SetAside } from '../decode.ts'
import { retrying } from '../retry.ts'
import type { SinkOptions } from '../running-sink.ts'
import type { PendingTotals, Step } from './pending-totals.ts'
import { type Applied, isPassing } from './totals-store.ts'

export interface StepLoopOptions extends Pick<SinkOptions, 'putAside' | 'metrics' | 'crash' | 'log'> {
  pending: PendingTotals
  /** Records that could not be read, to be put aside before the position moves past them. */
  takeRefused(): SetAside[]
  apply(step: Step): Promise<Applied>
  onApplied(step: Step): void
  /** The store stands elsewhere: what is pending has to be read again. */
  onMoved(): void
  /** From the start of a step to the start of the next: bounds the messages a second. */
  minGapMs: number
  /** Totals above which reading waits: bounds how long a step holds up Redis. */
  fullAt: number
}

const SINK = 'redis'

/** Applies what is pending, a step at a time: at once when idle, else as soon as the gap has passed. */
export class StepLoop {
  /** Whether the last attempt failed. */
  failing = false
  readonly #options: StepLoopOptions
  #running: Promise<void> | undefined
  #lastStart = 0
  #givenUp = false

  constructor(options: StepLoopOptions) {
    this.#options = options
  }

  /** Something is pending. */
  wake(): void {
    if (this.#givenUp) return
    this.#running ??= this.#run()
      .catch((error: unknown) => {
        if (!this.#givenUp) this.#options.crash(error)
      })
      .finally(() => (this.#running = undefined))
  }

  get full(): boolean {
    return this.#options.pending.size >= this.#options.fullAt && !this.#givenUp
  }

  /** Resolves when there is room for more. */
  async relieved(): Promise<void> {
    while (this.full) {
      this.wake()
      await this.#running
    }
  }

  /** Applies what is pending, or gives up after `withinMs`: it is read again at the next start. */
  async finish(withinMs: number): Promise<void> {
    const deadline = setTimeout(() => (this.#givenUp = true), withinMs)
    this.wake()
    await this.#running
    clearTimeout(deadline)
    this.#givenUp = true
  }

  async #run(): Promise<void> {
    while (this.#options.pending.some && !this.#givenUp) {
      const gap = this.#lastStart + this.#options.minGapMs - performance.now()
      if (gap > 0) await delay(gap)
      this.#lastStart = performance.now()
      await this.#step()
    }
  }

  async #step(): Promise<void> {
    const { pending, metrics, apply, onApplied, onMoved } = this.#options
    const refused = this.#options.takeRefused()
    const step = pending.take()
    const observed = metrics.writes.startTimer({ sink: SINK })
    if (refused.length > 0) await this.#persist('writing dead letters', () => this.#options.putAside(refused))
    for (const { record, reason } of refused) {
      metrics.setAside.inc({ sink: SINK, topic: record.topic, reason })
    }
    const applied = await this.#persist('applying totals', () => apply(step))
    observed()
    if (applied === 'moved') onMoved()
    else onApplied(step)
  }

  #persist<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    const noticing = async () => {
      try {
        const result = await attempt()
        this.failing = false
        return result
      } catch (error) {
        this.failing = true
        this.#options.metrics.failures.inc({ sink: SINK })
        throw error
      }
    }
    return retrying(noticing, {
      what,
      log: this.#options.log,
      transient: isPassing,
      pointless: () => this.#givenUp,
    })
  }
}
