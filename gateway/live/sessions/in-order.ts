/** Runs asynchronous tasks one after the other, and refuses more of them than may wait. */
export class InOrder {
  readonly #maxPending: number
  #pending = 0
  #last: Promise<void> = Promise.resolve()

  constructor(maxPending: number) {
    this.#maxPending = maxPending
  }

  /** @param task does not reject. @returns false if too many tasks wait: this one will not run. */
  add(task: () => Promise<void>): boolean {
    if (this.#pending >= this.#maxPending) return false
    this.#pending++
    this.#last = this.#last.then(task).finally(() => this.#pending--)
    return true
  }
}
