type Task = () => Promise<void>

/** Runs asynchronous tasks one after the other, and refuses more of them than may wait. */
export class InOrder {
  readonly #maxPending: number
  /** Behind the one that runs; undefined while none does. */
  #waiting: Task[] | undefined

  constructor(maxPending: number) {
    this.#maxPending = maxPending
  }

  /** Whether a task is under way. */
  get isBusy(): boolean {
    return this.#waiting !== undefined
  }

  /**
   * Runs a task at once if none is under way.
   * @param task does not reject.
   * @returns false if too many tasks wait: this one will not run.
   */
  add(task: Task): boolean {
    if (this.#waiting === undefined) void this.#run(task)
    else if (this.#waiting.length + 1 >= this.#maxPending) return false
    else this.#waiting.push(task)
    return true
  }

  async #run(first: Task): Promise<void> {
    const waiting = (this.#waiting = [] as Task[])
    await first()
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next()
    this.#waiting = undefined
  }
}
