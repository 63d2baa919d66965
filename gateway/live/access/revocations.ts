import type { Logger } from 'pino'
import { type RedisClient, onServerBack } from '../../../schemas/redis-servers.ts'
import { type Revocation, revocationKeys } from '../../../schemas/revocations.ts'
import type { Feed } from '../feed.ts'
import { messageOf } from '../errors.ts'
import type { Identity } from './auth.ts'
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

/** The revocations of tokens, as they lie in Redis: read at start and whenever Redis comes back, and then as they come. */
export class Revocations {
  readonly #options: RevocationsOptions
  readonly #publish: string
  readonly #known = new KnownRevocations()
  #timer: NodeJS.Timeout | undefined
  #isRead = false
  #readTo = '-'
  #reading: Promise<void> = Promise.resolve()

  constructor(options: RevocationsOptions) {
    this.#options = options
    this.#publish = revocationKeys(options.keyPrefix).publish
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
   * @throws TokenInvalid if it, or its listener, was meant; TokenExpired if everybody was, so that a client fetches another; CannotTell before the
   * first answer of Redis.
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
      .catch((error: unknown) => {
        if (this.#options.commands.status === 'ready')
          this.#options.log.warn(
            { why: messageOf(error) },
            'cannot read which tokens are revoked, trying again',
          )
      })
  }

  async #read(): Promise<void> {
    const { commands, keyPrefix, lifeMs, onMore } = this.#options
    if (commands.status !== 'ready') return
    const { log } = revocationKeys(keyPrefix)
    let isMore = false
    for (;;) {
      const entries = await commands.xrange(log, this.#readTo, '+', 'COUNT', READ_AT_ONCE)
      for (const [id, [, text]] of entries) {
        const until = Number(id.split('-')[0]) + lifeMs
        if (this.#known.add(JSON.parse(text!) as Revocation, until)) isMore = true
        this.#readTo = `(${id}`
      }
      if (entries.length < READ_AT_ONCE) break
    }
    this.#isRead = true
    this.#known.forget(Date.now())
    if (isMore) onMore()
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
    if (issuedAt < this.#momentOf(listener)) throw new TokenInvalid('revoked with its listener')
    if (issuedAt < this.#momentOf(undefined)) throw new TokenExpired('revoked with all of its time')
  }

  #momentOf(whose: string | undefined): number {
    return this.#issuedBefore.get(whose)?.moment ?? -Infinity
  }
}
