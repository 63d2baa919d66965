import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import { breaker } from '../breaker.ts'
import { type Caller, addressNames, addressOf } from './client-address.ts'
import { type LimitMetrics, limitMetrics } from './metrics.ts'
import { SlidingWindow, type Taken } from './sliding-window.ts'

/** What clients may do how often, at all gateways together, and what they may have at this one. What is not set is not limited. */
export interface LimitSettings {
  /** By address. */
  connectsPerMinute?: number
  /** By listener, beyond connecting. */
  commandsPerMinute?: number
  /** By channel. */
  publishesPerMinute?: number
  /** Open sockets at this gateway by address. */
  socketsPerAddress?: number
  /** Open sockets at this gateway. */
  sockets?: number
  /** Proxies of ours in front, each of which adds to `X-Forwarded-For` what it saw. Default: 0. */
  trustedProxies?: number
  /** Whether what cannot be counted, as Redis does not answer, is let through. Default: it is. */
  failOpen?: boolean
}

export interface LimitsOptions {
  settings: LimitSettings
  redis: RedisClient
  keyPrefix: string
  /** What addresses are named by: the same for all gateways. */
  secret: Uint8Array
  metrics: Registry
  log: Logger
}

/** Why a socket is not opened, as HTTP says it. */
export interface Refusal {
  status: '429 Too Many Requests' | '503 Service Unavailable'
  retryAfterSeconds: number
  why: string
}

/** Of a client that wants a socket: why not, or what is to be called when its socket is gone, or has never come to be. */
export type Admission = { refusal: Refusal } | { release(): void }

/** What a node takes a second, of all addresses together. */
export interface Door {
  /** Takes one in, or says why not. */
  accept(): string | undefined
  /** One that was taken in is refused after all. */
  giveBack(): void
}

type Limit = 'connects' | 'commands' | 'publishes' | 'sockets_per_address' | 'sockets'
/** Takes one, if there is one left; said at once of who goes ahead of the answer. */
type Rate = (key: string) => Taken | Promise<Taken>

const MINUTE_MS = 60_000
const UNKNOWN_RETRY_MS = 1_000
/**
 * The share of an address's connects that may be under way uncounted. A socket that has to wait costs the library a system call for each word of its handshake, and
 * a line on the standard error (20.51).
 */
const AHEAD = 0.01
/** A Redis that is back is asked again soon: until then nothing is counted. */
const REST_MS = 1_000

/** Holds clients to the limits. */
export class Limits {
  readonly #settings: LimitSettings
  readonly #nameOf: (address: string) => string
  readonly #sockets = new Map<string, number>()
  #open = 0
  readonly #metrics: LimitMetrics
  readonly #connects: Rate | undefined
  readonly #commands: Rate | undefined
  readonly #publishes: Rate | undefined

  constructor(options: LimitsOptions) {
    const { settings, secret, metrics } = options
    this.#settings = settings
    this.#nameOf = addressNames(secret)
    this.#metrics = limitMetrics(metrics)
    this.#connects = this.#rate('connects', settings.connectsPerMinute, options, AHEAD)
    this.#commands = this.#rate('commands', settings.commandsPerMinute, options)
    this.#publishes = this.#rate('publishes', settings.publishesPerMinute, options)
  }

  /**
   * Whether a client may open a socket; said at once where nobody has to be asked. Who is refused for their address takes no place at the door from others,
   * and who is told there to come again has not connected. Does not reject.
   */
  admit(caller: Caller, door: Door): Admission | Promise<Admission> {
    const { sockets = Infinity, socketsPerAddress = Infinity, trustedProxies = 0 } = this.#settings
    const name = this.#nameOf(addressOf(caller, trustedProxies))
    const before = this.#sockets.get(name) ?? 0
    if (this.#open >= sockets) return this.#refuse('sockets')
    if (before >= socketsPerAddress) return this.#refuse('sockets_per_address')
    const why = door.accept()
    if (why !== undefined)
      return { refusal: { status: '503 Service Unavailable', retryAfterSeconds: 1, why } }
    this.#open++
    this.#sockets.set(name, before + 1)
    const release = () => this.#release(name)
    const taken = this.#connects?.(name) ?? {}
    if (!(taken instanceof Promise)) return { release }
    return taken.then(({ retryMs }) => {
      if (retryMs === undefined) return { release }
      release()
      door.giveBack()
      return this.#refuse('connects', retryMs)
    })
  }

  /** Whether a listener, by pseudonym, may give one more command. */
  async mayCommand(listener: string): Promise<boolean> {
    return this.#may('commands', this.#commands, listener)
  }

  /** Whether one more message may be published in a channel, by its place. */
  async mayPublish(place: string): Promise<boolean> {
    return this.#may('publishes', this.#publishes, place)
  }

  async #may(limit: Limit, rate: Rate | undefined, key: string): Promise<boolean> {
    if (rate === undefined || (await rate(key)).retryMs === undefined) return true
    this.#metrics.refused(limit)
    return false
  }

  #rate(
    limit: Limit,
    perMinute: number | undefined,
    { redis, keyPrefix, metrics, log }: LimitsOptions,
    ahead = 0,
  ): Rate | undefined {
    if (perMinute === undefined) return undefined
    const window = new SlidingWindow({
      redis,
      keyPrefix: `${keyPrefix}limit:${limit}:`,
      now: () => performance.now(),
      limit: perMinute,
      lengthMs: MINUTE_MS,
    })
    const { failOpen = true } = this.#settings
    const through = breaker({
      name: `limit_${limit}`,
      remedy: 'look at REDIS_URL',
      restFor: REST_MS,
      metrics,
      log,
    })
    const unknown: Taken = failOpen ? {} : { retryMs: UNKNOWN_RETRY_MS }
    const ask = async (key: string): Promise<Taken> => {
      try {
        return await through(() => window.take(key))
      } catch {
        this.#metrics.unknown(limit, failOpen)
        return unknown
      }
    }
    // Who is not let through uncounted waits for the count.
    const mostAhead = failOpen ? Math.floor(ahead * perMinute) : 0
    return (key) => {
      const goesAhead = window.mayGoAhead(key, mostAhead)
      const taken = ask(key)
      return goesAhead ? {} : taken
    }
  }

  #refuse(limit: keyof typeof reasons, retryMs = UNKNOWN_RETRY_MS): Admission {
    this.#metrics.refused(limit)
    return { refusal: { ...reasons[limit], retryAfterSeconds: Math.ceil(retryMs / 1_000) } }
  }

  #release(name: string): void {
    this.#open--
    const left = this.#sockets.get(name)! - 1
    if (left === 0) this.#sockets.delete(name)
    else this.#sockets.set(name, left)
  }
}

const reasons = {
  connects: { status: '429 Too Many Requests', why: 'too many connects from this address: come again later' },
  sockets_per_address: { status: '429 Too Many Requests', why: 'too many connections from this address' },
  sockets: {
    status: '503 Service Unavailable',
    why: 'this node has as many connections as it may: choose another',
  },
} as const
