/** Lets calls through, and holds them up while Redis is down and looked at. */
export class Gate {
  #inside = 0
  #open = Promise.withResolvers<undefined>()
  #empty: PromiseWithResolvers<undefined> | undefined

  constructor() {
    this.#open.resolve(undefined)
  }

  async pass<T>(call: () => Promise<T>): Promise<T> {
    await this.#open.promise
    this.#inside++
    try {
      return await call()
    } finally {
      this.#inside--
      if (this.#inside === 0) this.#empty?.resolve(undefined)
    }
  }

  /** Resolves when nobody is inside any more; nobody comes in before `open`. */
  async close(): Promise<void> {
    this.#open = Promise.withResolvers()
    this.#empty = Promise.withResolvers()
    if (this.#inside > 0) await this.#empty.promise
  }

  open(): void {
    this.#open.resolve(undefined)
  }
}
