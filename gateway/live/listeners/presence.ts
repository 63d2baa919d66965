import { randomUUID } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import type { Logger } from 'pino'
import { listenerOf, presenceKey } from '../../../schemas/channels.ts'
import type { Subscriber } from '../channels/channel-hub.ts'

export interface PresenceOptions {
  redis: Redis
  keyPrefix: string
  /** How long a listener counts as present without being named again, ms: so long after a gateway was killed. */
  lifeMs: number
  log: Logger
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
  #isRefused = false
  #told: Promise<void> = Promise.resolve()

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  start(): void {
    const { redis, lifeMs } = this.#options
    redis.on('ready', () => this.#write(this.#there.keys()))
    this.#timer = setInterval(() => this.#write(this.#there.keys()), lifeMs / WRITES_PER_LIFE)
  }

  /** Ends, once Redis has heard what it was told. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#told
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
    this.#tell(redis.pipeline().zrem(presenceKey(keyPrefix, listener), this.#gateway))
  }

  #write(listeners: Iterable<string>): void {
    const { redis, keyPrefix, lifeMs } = this.#options
    const pipeline = redis.pipeline()
    const now = Date.now()
    for (const listener of listeners) {
      const key = presenceKey(keyPrefix, listener)
      // What a killed gateway has left goes here where its listener has never ceased to look, and else with the key.
      pipeline.zremrangebyscore(key, '-inf', now)
      pipeline.zadd(key, now + lifeMs, this.#gateway).pexpire(key, lifeMs)
    }
    // What is not written now is written with the next.
    if (pipeline.length > 0) this.#tell(pipeline)
  }

  #tell(pipeline: ChainableCommander): void {
    if (this.#options.redis.status !== 'ready') return
    // On one connection in order: when the last is heard, all are.
    this.#told = pipeline.exec().then(
      (replies) => this.#refused(replies?.find(([error]) => error)?.[0]),
      (error: unknown) => this.#refused(error),
    )
  }

  /** Warns once until Redis takes presence again. An error carries its command, and that the listener: only its message is for the log. */
  #refused(error: unknown): void {
    const { log } = this.#options
    if (error instanceof Error && !this.#isRefused)
      log.warn({ why: error.message }, 'Redis does not take who is present; trying again')
    this.#isRefused = error instanceof Error
  }
}
