import { byUtf8 } from '../by-utf8.ts'
import { Heap } from '../heap.ts'

/** What comes up at a time. */
export interface Due<W> {
  readonly time: number
  readonly window: W
}

/**
 * Which windows are due at which time, the earliest first, at one time in the order of their keys' bytes, as Kafka Streams emits.
 * None is taken out before: one that is due later by then is to be added again.
 */
export class ClosingTimes<W extends { readonly key: string }> {
  readonly #due = new Heap<Due<W>>((one, other) =>
    one.time === other.time ? byUtf8(one.window.key, other.window.key) < 0 : one.time < other.time,
  )

  add(time: number, window: W): void {
    this.#due.add({ time, window })
  }

  /** Takes out the first of what is due by `time`. */
  takeDue(time: number): Due<W> | undefined {
    const { first } = this.#due
    if (first === undefined || first.time > time) return undefined
    this.#due.removeFirst()
    return first
  }
}
