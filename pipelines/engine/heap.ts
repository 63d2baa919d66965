/** A priority queue: a binary heap, first the item that comes before all others. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #before: (one: T, other: T) => boolean

  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  add(item: T): void {
    const items = this.#items
    let at = items.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(item, items[parent]!)) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  clear(): void {
    this.#items.length = 0
  }

  removeFirst(): void {
    const items = this.#items
    const last = items.pop()
    if (last === undefined || items.length === 0) return
    let at = 0
    for (;;) {
      const child = this.#firstChild(at)
      if (child === undefined || !this.#before(items[child]!, last)) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
  }

  #firstChild(at: number): number | undefined {
    const [one, other] = [2 * at + 1, 2 * at + 2]
    if (one >= this.#items.length) return undefined
    return other < this.#items.length && this.#before(this.#items[other]!, this.#items[one]!) ? other : one
  }
}
