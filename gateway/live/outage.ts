import type { Logger } from 'pino'
import { messageOf } from './errors.ts'

/** What an outage is told by. */
export interface OutageWords {
  /** As it begins: "cannot read the log of a channel, trying again". */
  begins: string
  /** When it is over: "logs of channels are read again". */
  ends: string
}

/** An outage is over when nothing has failed for so long: who is slow succeeds now and then. */
const REST_MS = 5_000

/** Something that fails again and again, and is told of twice: when it begins to, and, with how often it has, when it is over. */
export class Outage {
  readonly #log: Logger
  readonly #words: OutageWords
  readonly #now: () => number
  #failures = 0
  #failedAt = -Infinity

  /** @param now milliseconds, never going back */
  constructor(log: Logger, words: OutageWords, now = () => performance.now()) {
    this.#log = log
    this.#words = words
    this.#now = now
  }

  failed(error: unknown): void {
    this.#failedAt = this.#now()
    if (this.#failures++ === 0) this.#log.warn({ why: messageOf(error) }, this.#words.begins)
  }

  succeeded(): void {
    if (this.#failures === 0 || this.#now() - this.#failedAt < REST_MS) return
    this.#log.info({ failures: this.#failures }, this.#words.ends)
    this.#failures = 0
  }
}
