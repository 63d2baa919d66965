import { heartbeatUntil } from './consume-partitions.ts'

/**
 * Work on what a consumer has been given, one piece after another. What has been given is not fetched again: so the work goes on though the group
 * has moved on meanwhile, and what it throws ends the process.
 */
export class InTurn {
  readonly #crash: (error: unknown) => void
  #last: Promise<void> = Promise.resolve()

  constructor(crash: (error: unknown) => void) {
    this.#crash = crash
  }

  /** Resolves when it is done; throws what the heartbeat does. */
  async take(work: () => Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch(this.#crash)
    await heartbeatUntil(this.#last, heartbeat)
  }
}
