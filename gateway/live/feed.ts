import { EventEmitter } from 'node:events'
import { Cluster, type Redis } from 'ioredis'
import type { Logger } from 'pino'
import { type RedisClient, primaryOf, slotOf } from '../../schemas/redis-servers.ts'
import { messageOf } from './errors.ts'

/** A connection that listens to one server. */
interface Ear {
  server: string
  redis: Redis
  /** Settles with the first attempt to connect. */
  opened: Promise<unknown>
  /** By `performance.now`: when its connection was last given up. */
  renewedAt: number
}

interface Heard {
  slot: number
  /** Unset while nobody is known to have its slot. */
  ear: Ear | undefined
  /** Settles when Redis sends what is published; renewed whenever it has to be asked for anew. */
  listening: Promise<unknown>
  /** Redis has not taken it, and is given a rest. */
  hasFailed: boolean
}

export interface FeedEvents {
  message: [channel: string, text: string]
  /** After an interruption it is listened to again: what was published meanwhile has to be looked for. */
  again: [channel: string]
}

export interface FeedOptions {
  /** Knows which server has what. */
  commands: RedisClient
  /** A connection to a server of a cluster by its address, or to the only one; not yet open. */
  connect(server: string | undefined): Redis
  log: Logger
}

/** Between two connections to a server that are given up, ms: what it refuses on one, by its rules or as it is slow, it may well refuse on the next. */
const REST_MS = 10_000

/** Where there is no cluster. */
const ONLY = 'the only one'

/** Redis is away: nothing can be heard right now. */
export class FeedAway extends Error {
  override readonly name = 'FeedAway'
}

/**
 * Listens to channels of sharded Pub/Sub, each at the server that has its slot: connections come back by themselves, and channels go where their slots
 * go.
 */
export class Feed extends EventEmitter<FeedEvents> {
  readonly #options: FeedOptions
  readonly #ears = new Map<string, Ear>()
  readonly #heard = new Map<string, Heard>()

  constructor(options: FeedOptions) {
    super()
    this.#options = options
  }

  /** Connects to what `commands` knows and comes to know, for as long as it takes. */
  start(): void {
    const { commands } = this.#options
    if (commands instanceof Cluster) commands.on('refresh', () => this.#follow(commands))
    else this.#open(ONLY)
  }

  /** Settles when each server that is known has been tried once. */
  async tried(): Promise<void> {
    await Promise.all(this.#ears.values().map(({ opened }) => opened))
  }

  stop(): void {
    for (const { redis } of this.#ears.values()) redis.disconnect()
    this.#ears.clear()
  }

  /** Whether anything can be heard. */
  get isReady(): boolean {
    return this.#ears.values().some(isReady)
  }

  /** Whether a channel can be heard, as far as is known. */
  hears(channel: string): boolean {
    const heard = this.#heard.get(channel)
    return isReady(heard ? heard.ear : this.#earFor(this.#slotOf(channel)))
  }

  /**
   * Resolves when what is published in a channel is heard. It then is, but for interruptions, until `leave`.
   * @throws FeedAway or a Redis error: unless it is left, it is asked for anew on the next connection
   */
  async listen(channel: string): Promise<void> {
    const heard = this.#heard.get(channel)
    // To ask once more breaks nothing off.
    if (heard?.hasFailed === true) this.#askAgain(channel, heard)
    await (heard ?? this.#begin(channel)).listening
  }

  leave(channel: string): void {
    const { ear } = this.#heard.get(channel) ?? {}
    this.#heard.delete(channel)
    // On one connection in order: a channel that is listened to again right away ends up so.
    if (isReady(ear)) ear.redis.sunsubscribe(channel).catch(() => undefined)
  }

  #begin(channel: string): Heard {
    const slot = this.#slotOf(channel)
    const ear = this.#earFor(slot)
    const listening = askOf(ear, channel)
    const heard = { slot, ear, listening, hasFailed: false }
    this.#heard.set(channel, heard)
    listening.catch((error: unknown) => this.#cannotHear(channel, heard, listening, error))
    return heard
  }

  #slotOf(channel: string): number {
    return this.#options.commands instanceof Cluster ? slotOf(channel) : 0
  }

  #earFor(slot: number): Ear | undefined {
    const { commands } = this.#options
    return this.#ears.get(commands instanceof Cluster ? (primaryOf(commands, slot) ?? '') : ONLY)
  }

  #open(server: string): void {
    const redis = this.#options.connect(server === ONLY ? undefined : server)
    const ear: Ear = { server, redis, opened: Promise.resolve(), renewedAt: -Infinity }
    redis.on('smessage', (channel: string, text: string) => this.emit('message', channel, text))
    redis.on('ready', () => {
      for (const [channel, heard] of this.#heard) if (heard.ear === ear) this.#askAgain(channel, heard)
    })
    redis.on('close', () => this.#lookAround(ear))
    redis.on('moved', () => this.#lookAround(ear))
    redis.on('error', (error: Error) => {
      // A server that has given a slot away says so unasked, and ioredis takes it for the answer to a command: no answer can be trusted any more.
      if (error.message.startsWith('Command queue state error')) redis.disconnect(true)
    })
    this.#ears.set(server, ear)
    for (const heard of this.#heard.values()) heard.ear ??= this.#earFor(heard.slot)
    ear.opened = redis.connect().catch(() => undefined)
  }

  /** Something is not as it was where an ear listens. */
  #lookAround(ear: Ear): void {
    const { commands } = this.#options
    if (commands instanceof Cluster && this.#ears.get(ear.server) === ear) commands.refreshSlotsCache()
  }

  /** Listens to the primaries that there are now, and to each channel at the one that has its slot now. */
  #follow(cluster: Cluster): void {
    const servers = new Set(cluster.nodes('master').map(({ options }) => `${options.host}:${options.port}`))
    for (const server of servers) if (!this.#ears.has(server)) this.#open(server)
    for (const [channel, heard] of this.#heard) {
      const ear = this.#earFor(heard.slot)
      if (ear === heard.ear) continue
      heard.ear = ear
      this.#askAgain(channel, heard)
    }
    for (const [server, { redis }] of this.#ears) {
      if (servers.has(server)) continue
      this.#ears.delete(server)
      redis.disconnect()
    }
  }

  #askAgain(channel: string, heard: Heard): void {
    const { ear } = heard
    const listening = askOf(ear, channel)
    Object.assign(heard, { listening, hasFailed: false })
    listening.then(
      () => this.#isCurrent(channel, heard, listening) && this.emit('again', channel),
      (error: unknown) => this.#cannotHear(channel, heard, listening, error),
    )
  }

  #isCurrent(channel: string, heard: Heard, listening: Promise<unknown>): boolean {
    return this.#heard.get(channel) === heard && heard.listening === listening
  }

  /** A connection that answers and does not listen would look well and be deaf. */
  #cannotHear(channel: string, heard: Heard, listening: Promise<unknown>, error: unknown): void {
    const { ear } = heard
    if (!isReady(ear)) return
    heard.hasFailed ||= heard.listening === listening
    const failedAt = performance.now()
    const giveUp = () => {
      // Whoever was told that it is not heard may have left.
      const isStill = this.#isCurrent(channel, heard, listening) && isReady(ear)
      if (!isStill || ear.renewedAt > failedAt) return
      ear.renewedAt = performance.now()
      const why = messageOf(error)
      this.#options.log.warn({ why }, 'could not listen to a channel, connecting to redis anew')
      ear.redis.disconnect(true)
    }
    setTimeout(giveUp, Math.max(0, ear.renewedAt + REST_MS - failedAt)).unref()
  }
}

const isReady = (ear: Ear | undefined): ear is Ear => ear?.redis.status === 'ready'

async function askOf(ear: Ear | undefined, channel: string): Promise<unknown> {
  if (!isReady(ear)) throw new FeedAway()
  return ear.redis.ssubscribe(channel)
}
