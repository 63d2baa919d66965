import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { listenerOf, presenceKey } from '../../schemas/channels.ts'
import type { Subscriber } from './channel-hub.ts'

export interface PresenceOptions {
  redis: Redis
  keyPrefix: string
  /** How long a listener counts as present without being named again, ms: so long after a gateway was killed. */
  lifeMs: number
}

/** Presence is written again this often within its life: one that is lost does not matter. */
const WRITES_PER_LIFE = 3

/**
 * Tells Redis which listeners have a channel of their own on a screen here, for the push stage. It is best effort: without Redis nobody is present, and
 * who still is when it is back is written anew.
 */
export class Presence {
  readonly #options: PresenceOptions
  readonly #gateway = randomUUID()
  readonly #there = new Map<string, Set<Subscriber>>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  start(): void {
    const { redis, lifeMs } = this.#options
    redis.on('ready', () => this.#write(this.#there.keys()))
    this.#timer = setInterval(() => this.#write(this.#there.keys()), lifeMs / WRITES_PER_LIFE)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A subscriber has got a channel, by where it lies. */
  enter(place: string, subscriber: Subscriber): void {
    const listener = listenerOf(place)
    if (listener === undefined) return
    const subscribers = this.#there.get(listener) ?? new Set()
    this.#there.set(listener, subscribers.add(subscriber))
    if (subscribers.size === 1) this.#write([listener])
  }

  /** A subscriber has it no more. */
  leave(place: string, subscriber: Subscriber): void {
    const listener = listenerOf(place)
    const subscribers = this.#there.get(listener ?? '')
    if (listener === undefined || subscribers === undefined) return
    subscribers.delete(subscriber)
    if (subscribers.size > 0) return
    this.#there.delete(listener)
    const { redis, keyPrefix } = this.#options
    // What cannot be taken away runs out.
    redis.zrem(presenceKey(keyPrefix, listener), this.#gateway).catch(() => undefined)
  }

  #write(listeners: Iterable<string>): void {
    const { redis, keyPrefix, lifeMs } = this.#options
    if (redis.status !== 'ready') return
    const pipeline = redis.pipeline()
    for (const listener of listeners) {
      const key = presenceKey(keyPrefix, listener)
      pipeline.zadd(key, Date.now() + lifeMs, this.#gateway).pexpire(key, lifeMs)
    }
    // What is not written now is written with the next.
    if (pipeline.length > 0) pipeline.exec().catch(() => undefined)
  }
}
