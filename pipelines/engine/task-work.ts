import type { RawRecord } from './raw-record.ts'
import type { Asynchronous } from './ordered-work.ts'

/** Told about once a second what the clock on the wall says, ms since 1970, and the last record of the task. */
export type OnTick = (now: number, last: RawRecord) => void

/** What stands for the last record of a task that has had none. */
export const noRecord = (topic: string, partition: number, timestamp: number): RawRecord => ({
  topic,
  partition,
  offset: -1n,
  timestamp,
  key: null,
  value: null,
  headers: {},
})

/** What goes on in a task: whether it may write now, what it still waits for, and how it has failed. */
export class TaskWork {
  readonly #works: Asynchronous[] = []
  readonly #tickListeners: OnTick[] = []
  #processing = false
  #ended = false
  #failure: { error: unknown } | undefined

  /** Whether rows are on their way, so that what is written belongs to the next commit. */
  get processing(): boolean {
    return this.#processing
  }

  /** Whether some of it may take longer than the call that begins it. */
  get isAsynchronous(): boolean {
    return this.#works.length > 0
  }

  /** Whether it has been ended: rows that came since have not gone through. */
  get ended(): boolean {
    return this.#ended
  }

  get idle(): boolean {
    return this.#works.every(({ idle }) => idle)
  }

  /** Whether it is to be told the time. */
  get ticks(): boolean {
    return this.#tickListeners.length > 0
  }

  /** Has the task wait for an operator's work before anything is committed; asked for in the order of the graph. */
  waitsFor(work: Asynchronous): void {
    this.#works.push(work)
  }

  onTick(listener: OnTick): void {
    this.#tickListeners.push(listener)
  }

  tick(now: number, last: RawRecord): void {
    this.resume(() => {
      for (const tell of this.#tickListeners) tell(now, last)
    })
  }

  /** Lets rows go on, with all that they may do. Does nothing once the task has ended. */
  resume(next: () => void): void {
    if (!this.begin()) return
    try {
      next()
    } finally {
      this.rest()
    }
  }

  /** As {@link resume}, until {@link rest}: a function for each record costs. Answers whether rows may go on. */
  begin(): boolean {
    this.#processing = !this.#ended
    return this.#processing
  }

  rest(): void {
    this.#processing = false
  }

  /** Resolves when all work on the rows so far has gone through. @throws as {@link check}. */
  async settled(): Promise<void> {
    // What one lets go on is work for those behind it.
    for (const work of this.#works) {
      await work.settled()
      this.check()
    }
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** @throws what an operator has thrown. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Ends with a task that is another process's now: what is under way goes no further, and is waited for no more. */
  end(): void {
    this.#ended = true
    for (const work of this.#works) work.close()
  }
}
