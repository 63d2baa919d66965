import type { Clock } from '../../client/index.ts'

/** Time that stands still until it is moved. */
export class VirtualClock implements Clock {
  #now = 0
  readonly #waiting = new Set<{ at: number; call: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.#now + ms, call }
    this.#waiting.add(entry)
    return () => this.#waiting.delete(entry)
  }

  /** Moves on, calling what is due in the order of its time, and lets what follows from that settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#waiting.delete(next)
      this.#now = next.at
      next.call()
      await settled()
    }
    this.#now = end
  }
}

/** Lets promises that are settled be heard of. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
