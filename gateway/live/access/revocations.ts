import type { Logger } from 'pino'
import { type RedisClient, onServerBack } from '../../../schemas/redis-servers.ts'
import { type Revocation, revocationIn, revocationKeys } from '../../../schemas/revocations.ts'
import type { Feed } from '../feed.ts'
import { Outage } from '../outage.ts'
import type { Identity } from './token-verifiers.ts'
import { CannotTell, TokenExpired, TokenInvalid } from './refusals.ts'

export interface RevocationsOptions {
  feed: Pick<Feed, 'on' | 'listen'>
  /** The connection that is asked. */
  commands: RedisClient
  keyPrefix: string
  /** How long a revocation counts, ms: as it is kept in Redis. */
  lifeMs: number
  /** Milliseconds between two looks for what Pub/Sub lost without breaking. */
  lookEvery: number
  /** Called when there are more than before. */
  onMore(): void
  log: Logger
}

const READ_AT_ONCE = 1_000
const SECOND_MS = 1_000

/** The revocations of tokens, as they lie in Redis: read at start and whenever Redis comes back, and then as they come. */
export class Revocations {
  readonly #options: RevocationsOptions
  readonly #publish: string
  readonly #known = new KnownRevocations()
  readonly #outage: Outage
  #timer: NodeJS.Timeout | undefined
  #isRead = false
  #readTo = '-'
  #reading: Promise<void> = Promise.resolve()

  constructor(options: RevocationsOptions) {
    this.#options = options
    this.#publish = revocationKeys(options.keyPrefix).publish
    this.#outage = new Outage(options.log, {
      begins: 'it cannot be read which tokens are revoked, trying again',
      ends: 'it is read again which tokens are revoked',
    })
  }

  /** Listens to Redis, which may connect from here on. */
  start(): void {
    const { feed, commands, lookEvery } = this.#options
    feed.on('message', (channel) => channel === this.#publish && this.#look())
    feed.on('again', (channel) => channel === this.#publish && this.#lookAnew())
    feed.listen(this.#publish).catch(() => undefined)
    onServerBack(commands, () => this.#lookAnew())
    this.#timer = setInterval(() => this.#look(), lookEvery)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Settles when the looks that have begun are done, whatever came of them. */
  looked(): Promise<void> {
    return this.#reading
  }

  /**
   * Lets a token pass that has not been revoked.
   * @throws TokenInvalid if it, or its listener, was meant; TokenExpired if everybody was, or it says only that it is of the very second, so that a
   * client fetches another; CannotTell before the first answer of Redis.
   */
  check(token: Pick<Identity, 'tokenId' | 'listener' | 'issuedAt'>): void {
    if (!this.#isRead) throw new CannotTell('revocations are not read yet')
    this.#known.check(token)
  }

  /** Redis may be another one, or have lost its last second: what is known stays known, and all is read. */
  #lookAnew(): void {
    this.#readTo = '-'
    this.#look()
  }

  /** Reads on behind what was read last, one look after the other. */
  #look(): void {
    this.#reading = this.#reading
      .then(() => this.#read())
      .catch((error: unknown) => this.#outage.failed(error))
  }

  async #read(): Promise<void> {
    const { commands, keyPrefix, onMore } = this.#options
    if (commands.status !== 'ready') return
    const { log } = revocationKeys(keyPrefix)
    let entries: [id: string, fields: string[]][]
    do {
      entries = await commands.xrange(log, this.#readTo, '+', 'COUNT', READ_AT_ONCE)
      // Told before the next are asked for: that may fail.
      if (this.#learn(entries, log)) onMore()
    } while (entries.length === READ_AT_ONCE)
    this.#isRead = true
    // By the clock that wrote them: one of ours that leaps would forget what is still to be known.
    const [seconds] = await commands.time()
    this.#known.forget(Number(seconds) * SECOND_MS)
    this.#outage.succeeded()
  }

  /** Answers whether they say more than what was known. */
  #learn(entries: readonly [id: string, fields: string[]][], key: string): boolean {
    let isMore = false
    for (const entry of entries) {
      const [id] = entry
      const { revocation, isReadable } = revocationIn(entry)
      if (!isReadable) this.#reportUnreadable(key, id)
      if (this.#known.add(revocation, Number.parseInt(id, 10) + this.#options.lifeMs)) isMore = true
      this.#readTo = `(${id}`
    }
    return isMore
  }

  #reportUnreadable(key: string, id: string): void {
    this.#options.log.error(
      { key, id },
      'a revocation cannot be read, so tokens issued before it count as revoked: revoke anew what it meant, then take it away by XDEL KEY ID',
    )
  }
}

type Until = { until: number }

/** What is revoked, as far as it is known here. */
class KnownRevocations {
  readonly #tokens = new Map<string, Until>()
  /** By listener; undefined: of everybody. */
  readonly #issuedBefore = new Map<string | undefined, Until & { moment: number }>()

  /** Answers whether it says more than what was known. */
  add(revocation: Revocation, until: number): boolean {
    if ('tokenId' in revocation) {
      const { tokenId } = revocation
      const isMore = !this.#tokens.has(tokenId)
      this.#tokens.set(tokenId, { until })
      return isMore
    }
    const { listener, issuedBefore: moment } = revocation
    const isMore = moment > this.#momentOf(listener)
    if (isMore) this.#issuedBefore.set(listener, { moment, until })
    return isMore
  }

  forget(now: number): void {
    for (const map of [this.#tokens, this.#issuedBefore] as Map<unknown, Until>[])
      for (const [key, { until }] of map) if (until < now) map.delete(key)
  }

  check({
    tokenId,
    listener,
    issuedAt = -Infinity,
  }: Pick<Identity, 'tokenId' | 'listener' | 'issuedAt'>): void {
    if (tokenId !== undefined && this.#tokens.has(tokenId)) throw new TokenInvalid('revoked by its id')
    if (lastMomentOf(issuedAt) < this.#momentOf(listener)) throw new TokenInvalid('revoked with its listener')
    // Before or after: it says the second alone. A new one will tell.
    if (issuedAt < this.#momentOf(listener)) throw new TokenExpired('perhaps revoked with its listener')
    if (issuedAt < this.#momentOf(undefined)) throw new TokenExpired('revoked with all of its time')
  }

  #momentOf(whose: string | undefined): number {
    return this.#issuedBefore.get(whose)?.moment ?? -Infinity
  }
}

/** The last moment at which a token may have been issued that says it was at this one: many say whole seconds. */
const lastMomentOf = (issuedAt: number): number =>
  issuedAt % SECOND_MS === 0 ? issuedAt + SECOND_MS - 1 : issuedAt
