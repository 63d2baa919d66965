import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { type Scripted, withScripts } from '../../../schemas/redis-scripts.ts'
import { type RedisClient, byServer } from '../../../schemas/redis-servers.ts'

export interface SlidingWindowOptions {
  redis: RedisClient
  /** Before the keys of all that it counts. */
  keyPrefix: string
  /** How many may be taken in a window's length. */
  limit: number
  lengthMs: number
  /** Milliseconds, never going back. */
  now(): number
}

/** One more may be taken, or how long not. */
export type Taken = { retryMs?: never } | { retryMs: number }

type Answer = [granted: number, retryMs: number]
type Reply = [error: Error | null, answer: Answer]

interface Calls {
  take(key: string, lengthMs: number, limit: number, wanted: number, now: number | ''): Promise<Answer>
}

const scripts = {
  take: { lua: readFileSync(join(import.meta.dirname, 'sliding-window.lua'), 'utf8'), numberOfKeys: 1 },
}

/** Keys that are known to be over the limit here: whoever is forgotten is asked for. */
const REMEMBERED = 100_000

/** Counts, over all gateways, what is done under a key, and stops it at a limit. All that is asked in one turn of the event loop goes to Redis at once. */
export class SlidingWindow {
  readonly #options: SlidingWindowOptions
  readonly #redis: Scripted<Calls>
  readonly #over = new LRUCache<string, number>({ max: REMEMBERED })
  #asking = new Map<string, PromiseWithResolvers<Taken>[]>()
  /** How many of a key have been asked for, and not answered. */
  readonly #waiting = new Map<string, number>()

  constructor(options: SlidingWindowOptions) {
    this.#options = options
    this.#redis = withScripts<Calls>(options.redis, scripts)
  }

  /** Takes one, if there is one left. Nobody is asked as long as it is known that there is none. @throws if Redis does not answer */
  take(key: string): Promise<Taken> {
    const { now } = this.#options
    const retryMs = (this.#over.get(key) ?? -Infinity) - now()
    if (retryMs > 0) return Promise.resolve({ retryMs })
    const asked = Promise.withResolvers<Taken>()
    if (this.#asking.size === 0) setImmediate(() => this.#askAll())
    const others = this.#asking.get(key)
    if (others === undefined) this.#asking.set(key, [asked])
    else others.push(asked)
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
    return asked.promise
  }

  /**
   * Whether one who is still to be counted may go ahead of the answer: fewer than `most` of the key wait for theirs, and it has not been over the limit for a window's
   * length. So a gateway lets through at most so many too many.
   */
  mayGoAhead(key: string, most: number): boolean {
    const { now, lengthMs } = this.#options
    const calmFor = now() - (this.#over.get(key) ?? -Infinity)
    return (this.#waiting.get(key) ?? 0) < most && calmFor > lengthMs
  }

  #askAll(): void {
    const asking = this.#asking
    this.#asking = new Map()
    for (const some of byServer(this.#redis, asking, ([key]) => this.#keyOf(key))) void this.#ask(some)
  }

  async #ask(asking: readonly (readonly [string, PromiseWithResolvers<Taken>[]])[]): Promise<void> {
    const { limit, lengthMs } = this.#options
    const pipeline = this.#redis.pipeline()
    for (const [key, all] of asking) pipeline.take(this.#keyOf(key), lengthMs, limit, all.length, '')
    try {
      const replies = (await pipeline.exec()) as Reply[]
      for (const [index, [key, all]] of asking.entries()) this.#answer(key, all, replies[index]!)
    } catch (error) {
      for (const [, all] of asking) for (const { reject } of all) reject(error)
    } finally {
      for (const [key, all] of asking) this.#answered(key, all.length)
    }
  }

  #answered(key: string, count: number): void {
    const left = this.#waiting.get(key)! - count
    if (left === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, left)
  }

  #keyOf(key: string): string {
    return `${this.#options.keyPrefix}{${key}}`
  }

  #answer(key: string, all: readonly PromiseWithResolvers<Taken>[], [error, taken]: Reply): void {
    if (error !== null) {
      for (const { reject } of all) reject(error)
      return
    }
    const [granted, retryMs] = taken
    if (granted < all.length) this.#over.set(key, this.#options.now() + retryMs)
    for (const [index, { resolve }] of all.entries()) resolve(index < granted ? {} : { retryMs })
  }
}
