/** Lets so many a second through, and a second's worth at once after a quiet time. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #now: () => number
  #tokens: number
  #filledAt: number

  /** @param now milliseconds, never going back */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
    this.#tokens = perSecond
    this.#filledAt = now()
  }

  /** Whether one more may pass now. */
  take(): boolean {
    const now = this.#now()
    const filled = this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, filled)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** One that was let through has not been needed. */
  giveBack(): void {
    this.#tokens++
  }
}
