const SECOND_MS = 1_000

/** Whether one socket sends more frames in a second than it may: whatever they hold, each costs a little. */
export class FrameRate {
  readonly #perSecond: number
  #since = 0
  #frames = 0

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Counts one at a moment, in ms. Answers whether it is too many. */
  isTooHigh(now: number): boolean {
    if (now - this.#since >= SECOND_MS) {
      this.#since = now
      this.#frames = 0
    }
    this.#frames++
    return this.#frames > this.#perSecond
  }
}
