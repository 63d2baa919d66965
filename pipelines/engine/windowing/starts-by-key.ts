import { SortedTimes } from './sorted-times.ts'

const NONE = new SortedTimes()

/** Where the windows of each key start. */
export class StartsByKey {
  readonly #starts = new Map<string, SortedTimes>()

  /** To be read only. */
  of(key: string): SortedTimes {
    return this.#starts.get(key) ?? NONE
  }

  add(key: string, start: number): void {
    const starts = this.#starts.get(key) ?? new SortedTimes()
    starts.add(start)
    this.#starts.set(key, starts)
  }

  remove(key: string, start: number): void {
    const starts = this.#starts.get(key)
    starts?.remove(start)
    if (starts?.first === undefined) this.#starts.delete(key)
  }
}
