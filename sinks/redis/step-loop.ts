import { setTimeout as delay } from 'node:timers/promises'
import type { Attempts } from '../attempts.ts'
import type { SinkOptions } from '../running-sink.ts'
import type { PendingRows, Step } from './pending-rows.ts'
import type { Applied } from './redis-store.ts'

export interface StepLoopOptions<V> extends Pick<SinkOptions, 'metrics'> {
  /** The sink's name in the metrics. */
  sink: string
  attempts: Attempts
  pending: Pick<PendingRows<never>, 'size' | 'some'> & { take(): Step<V> }
  apply(step: Step<V>): Promise<Applied>
  onApplied(step: Step<V>): void
  /** The store stands elsewhere: what is pending has to be read again. */
  onMoved(): void
  /** Milliseconds from the start of a step to the start of the next: bounds the messages a second. */
  minGapMs: number
  /** Records above which reading waits: bounds how long a step holds up Redis. */
  fullAt: number
}

/** Applies what is pending, a step at a time: at once when idle, else as soon as the gap has passed. */
export class StepLoop<V> {
  readonly #options: StepLoopOptions<V>
  #running: Promise<void> | undefined
  #lastStart = 0

  constructor(options: StepLoopOptions<V>) {
    this.#options = options
  }

  /** Something is pending. */
  wake(): void {
    if (this.#running !== undefined || !this.#hasWork) return
    this.#running = this.#run().catch(this.#options.attempts.crash)
  }

  get full(): boolean {
    const { attempts, pending, fullAt } = this.#options
    return pending.size >= fullAt && !attempts.givenUp
  }

  /** Resolves when there is room for more. */
  async relieved(): Promise<void> {
    while (this.full) {
      this.wake()
      await this.#running
    }
  }

  /** Resolves when nothing is pending, or it has been given up: it is read again at the next start. */
  async drained(): Promise<void> {
    while (this.#hasWork || this.#running !== undefined) {
      this.wake()
      await this.#running
    }
  }

  get #hasWork(): boolean {
    const { attempts, pending } = this.#options
    return pending.some && !attempts.givenUp
  }

  async #run(): Promise<void> {
    const { minGapMs } = this.#options
    try {
      while (this.#hasWork) {
        const gap = this.#lastStart + minGapMs - performance.now()
        if (gap > 0) await delay(gap)
        this.#lastStart = performance.now()
        await this.#step()
      }
    } finally {
      // In the same breath as it has found nothing: who wakes it later begins anew.
      this.#running = undefined
    }
  }

  async #step(): Promise<void> {
    const { sink, attempts, pending, metrics, apply, onApplied, onMoved } = this.#options
    const step = pending.take()
    const observed = metrics.writes.startTimer({ sink })
    await attempts.putAside(step.refused, rowsOf(step))
    const applied = await attempts.run('writing to Redis', () => apply(step))
    observed()
    if (applied === 'moved') onMoved()
    else onApplied(step)
  }
}

const rowsOf = <V>({ partitions }: Step<V>) => partitions.reduce((sum, { rows }) => sum + rows.length, 0)
