/** When too many records are set aside. */
export interface BreakerLimits {
  /** What share of the records may be set aside for any length of time: 0 to 1. */
  deadLetterRatio: number
  /** How many in a row, or above that share, are too many; 0: never. */
  deadLetterRun: number
}

export const breakerDefaults: BreakerLimits = { deadLetterRatio: 0.1, deadLetterRun: 1_000 }

/**
 * Notices that records are set aside which should not be, before a topic has been drained into the dead letters:
 *
 *     each letter is one more above the share, each record takes the share off again, down to nothing
 *
 * So a run of letters opens it, and so does any share above the one that is allowed, the sooner the larger it is. Once open it stays open.
 */
export class Breaker {
  readonly #limits: BreakerLimits
  /** Both since the letters were last no more than the share. */
  #letters = 0
  #records = 0
  #lastReason = ''
  #open = false

  constructor(limits: BreakerLimits) {
    this.#limits = limits
  }

  get open(): boolean {
    return this.#open
  }

  /** A record has gone through, be it set aside or not. */
  record(): void {
    this.#records += 1
    if (this.#above > 0) return
    this.#letters = 0
    this.#records = 0
  }

  get #above(): number {
    return this.#letters - this.#limits.deadLetterRatio * this.#records
  }

  /** The record that goes through is set aside. */
  letter(reason: string): void {
    const { deadLetterRatio, deadLetterRun } = this.#limits
    this.#letters += 1
    this.#lastReason = reason
    const ofARun = deadLetterRun - deadLetterRatio * (deadLetterRun - 1)
    if (deadLetterRun > 0 && this.#above >= ofARun) this.#open = true
  }

  /** What has opened it, and what to do. `who`: whose records they are. */
  message(who: string): string {
    return (
      `${who} has stopped: ${this.#letters} of its last ${this.#records + 1} records would be set aside, the last one as ${this.#lastReason}. ` +
      'Nothing of these has been committed: start it again when that is mended, and it goes on where it stopped. If they are to be set ' +
      'aside, start it with a higher DEAD_LETTER_RUN or DEAD_LETTER_RATIO, or with DEAD_LETTER_RUN=0, which never stops it'
    )
  }
}
