/** Distinct times in order; most are added at the end and removed at the beginning. */
export class SortedTimes {
  readonly #times: number[] = []

  get all(): readonly number[] {
    return this.#times
  }

  get first(): number | undefined {
    return this.#times[0]
  }

  /** Index of the last that is `time` or before; -1 without one. */
  lastUpTo(time: number): number {
    let [low, high] = [0, this.#times.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#times[middle]! <= time) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  has(time: number): boolean {
    return this.#times[this.lastUpTo(time)] === time
  }

  add(time: number): void {
    const before = this.lastUpTo(time)
    if (this.#times[before] !== time) this.#times.splice(before + 1, 0, time)
  }

  remove(time: number): void {
    const at = this.lastUpTo(time)
    if (this.#times[at] === time) this.#times.splice(at, 1)
  }

  /** Those from `from` to before `to`. */
  between(from: number, to: number): number[] {
    return this.#times.slice(this.lastUpTo(from - 1) + 1, this.lastUpTo(to - 1) + 1)
  }
}
