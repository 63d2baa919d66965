const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

interface Failed {
  times: number
  until: number
}

/**
 * Which endpoints are left out for a while because they failed: 1 s, then twice as long each time up to 30 s, a random
 * part of the second half off, so that clients do not come back together.
 */
export class Health {
  readonly #failed = new Map<string, Failed>()
  readonly #now: () => number
  readonly #random: () => number

  constructor(now: () => number, random: () => number) {
    this.#now = now
    this.#random = random
  }

  failed(id: string): void {
    const times = (this.#failed.get(id)?.times ?? 0) + 1
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS)
    this.#failed.set(id, { times, until: this.#now() + pause * (1 - this.#random() / 2) })
  }

  /** It does what it should: the next failure is the first again. */
  worked(id: string): void {
    this.#failed.delete(id)
  }

  /** Those that are not left out; if all are, the one whose time is over first. */
  usable<T extends { id: string }>(endpoints: readonly T[]): T[] {
    const now = this.#now()
    const well = endpoints.filter((endpoint) => this.#until(endpoint) <= now)
    if (well.length > 0 || endpoints.length === 0) return well
    return [endpoints.reduce((soonest, each) => (this.#until(each) < this.#until(soonest) ? each : soonest))]
  }

  #until({ id }: { id: string }): number {
    return this.#failed.get(id)?.until ?? -Infinity
  }
}
