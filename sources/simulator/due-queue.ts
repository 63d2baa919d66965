/** What happens next: a binary heap, the earliest `dueAt` first. */
export class DueQueue<T extends { dueAt: number }> {
  readonly #heap: T[] = []

  get size(): number {
    return this.#heap.length
  }

  peek(): T | undefined {
    return this.#heap[0]
  }

  push(item: T): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.dueAt <= item.dueAt) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = item
  }

  pop(): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return first
  }

  /** Lets `item` sink from the empty root to its place. */
  #sink(item: T): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.dueAt < heap[child]!.dueAt) child++
      if (heap[child]!.dueAt >= item.dueAt) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = item
  }
}
