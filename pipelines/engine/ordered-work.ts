/** Asynchronous work of one operator, as its task waits for it. */
export interface Asynchronous {
  /** Whether nothing is under way or waits. */
  readonly idle: boolean
  /** Resolves once that is so: all has gone on, has failed, or is no longer wanted. */
  settled(): Promise<void>
  /** Nothing goes on from now on; work under way is told by its signal. */
  close(): void
}

export interface OrderedWorkOptions<In, Result> {
  /** How many are under way at a time, at most. */
  concurrency: number
  work(item: In, abort: AbortController): Promise<Result>
  /** Called with each result, in the order in which {@link OrderedWork.take} was. */
  next(item: In, result: Result): void
  /** Called once, with what `work` or `next` throws; nothing goes on after it. */
  fail(error: unknown): void
}

interface Slot<In, Result> {
  item: In
  done?: { result: Result }
}

/**
 * Does asynchronous work on items, several at a time, and hands on the results in the order of the items, whichever is
 * ready first.
 *
 *     taken      a  b  c
 *     work       a────────┐        concurrency 2: c begins when b is done
 *                b──┐     │
 *                   c──┐  │
 *     next                a b c
 */
export class OrderedWork<In, Result> implements Asynchronous {
  readonly #options: OrderedWorkOptions<In, Result>
  /** By number, from the first that has not gone on to the last that was taken. */
  readonly #slots = new Map<number, Slot<In, Result>>()
  readonly #underWay = new Set<AbortController>()
  #taken = 0
  #begun = 0
  #goneOn = 0
  #over = false
  #settled: PromiseWithResolvers<void> | undefined

  constructor(options: OrderedWorkOptions<In, Result>) {
    this.#options = options
  }

  get idle(): boolean {
    return this.#slots.size === 0
  }

  take(item: In): void {
    if (this.#over) return
    this.#slots.set(this.#taken, { item })
    this.#taken += 1
    this.#begin()
  }

  settled(): Promise<void> {
    if (this.idle) return Promise.resolve()
    this.#settled ??= Promise.withResolvers()
    return this.#settled.promise
  }

  close(): void {
    this.#over = true
    for (const each of this.#underWay) each.abort()
    this.#slots.clear()
    this.#tellIdle()
  }

  #begin(): void {
    while (this.#underWay.size < this.#options.concurrency && this.#begun < this.#taken) {
      const slot = this.#slots.get(this.#begun)!
      this.#begun += 1
      void this.#do(slot)
    }
  }

  /** Never rejects: what goes wrong is told to `fail`. */
  async #do(slot: Slot<In, Result>): Promise<void> {
    const abort = new AbortController()
    this.#underWay.add(abort)
    try {
      const result = await this.#options.work(slot.item, abort)
      this.#underWay.delete(abort)
      if (this.#over) return
      slot.done = { result }
      this.#goOn()
      this.#begin()
    } catch (error) {
      this.#underWay.delete(abort)
      if (this.#over) return
      this.#options.fail(error)
      this.close()
    }
  }

  #goOn(): void {
    for (let slot = this.#slots.get(this.#goneOn); slot?.done; slot = this.#slots.get(this.#goneOn)) {
      this.#options.next(slot.item, slot.done.result)
      this.#slots.delete(this.#goneOn)
      this.#goneOn += 1
    }
    if (this.idle) this.#tellIdle()
  }

  #tellIdle(): void {
    this.#settled?.resolve()
    this.#settled = undefined
  }
}
