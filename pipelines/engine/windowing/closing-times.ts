import { byUtf8 } from './by-utf8.ts'

/**
 * Which windows are due at which time, the earliest first: a binary heap of times, and the windows of each. A window can be
 * taken out again; a time without any is passed over when it comes up.
 */
export class ClosingTimes {
  readonly #heap: number[] = []
  readonly #windows = new Map<number, Map<string, number>>()

  /** A key has one window at most that is due at `time`. */
  add(time: number, key: string, start: number): void {
    const due = this.#windows.get(time)
    if (due !== undefined) {
      due.set(key, start)
      return
    }
    this.#windows.set(time, new Map([[key, start]]))
    this.#push(time)
  }

  remove(time: number, key: string): void {
    this.#windows.get(time)?.delete(key)
  }

  /** Takes out what is due by `time`: by time, and then in the order of the keys' bytes, as Kafka Streams emits. */
  *due(time: number): Generator<{ key: string; start: number }> {
    for (let first = this.#heap[0]; first !== undefined && first <= time; first = this.#heap[0]) {
      this.#pop()
      const due = this.#windows.get(first) ?? new Map<string, number>()
      this.#windows.delete(first)
      for (const [key, start] of [...due].sort(([a], [b]) => byUtf8(a, b))) yield { key, start }
    }
  }

  #push(time: number): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]! <= time) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = time
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= last) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}
