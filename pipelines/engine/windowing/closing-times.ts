import { byUtf8 } from '../by-utf8.ts'
import { Heap } from '../heap.ts'

/**
 * Which windows are due at which time, the earliest first: a heap of times, and the windows of each. A window can be
 * taken out again; a time without any is passed over when it comes up.
 */
export class ClosingTimes {
  readonly #times = new Heap<number>((one, other) => one < other)
  readonly #windows = new Map<number, Map<string, number>>()

  /** A key has one window at most that is due at `time`. */
  add(time: number, key: string, start: number): void {
    const due = this.#windows.get(time)
    if (due !== undefined) {
      due.set(key, start)
      return
    }
    this.#windows.set(time, new Map([[key, start]]))
    this.#times.add(time)
  }

  remove(time: number, key: string): void {
    this.#windows.get(time)?.delete(key)
  }

  /** Takes out what is due by `time`: by time, and then in the order of the keys' bytes, as Kafka Streams emits. */
  *due(time: number): Generator<{ key: string; start: number }> {
    for (let first = this.#times.first; first !== undefined && first <= time; first = this.#times.first) {
      this.#times.removeFirst()
      const due = this.#windows.get(first)!
      this.#windows.delete(first)
      for (const [key, start] of [...due].sort(([a], [b]) => byUtf8(a, b))) yield { key, start }
    }
  }
}
