import type { ChainableCommander } from 'ioredis'
import type { Logger } from 'pino'
import { type RedisClient, byServer, onServerBack } from '../../schemas/redis-servers.ts'
import { messageOf } from './errors.ts'

export interface LeasedMembersOptions {
  redis: RedisClient
  /** How long a member counts without being named again, ms: so long after a gateway was killed. */
  lifeMs: number
  /** What they are, as the log says it: "who is present". */
  what: string
  log: Logger
}

/** A member is written again this often within its life: one that is lost does not matter. */
const WRITES_PER_LIFE = 3

/**
 * Members of sorted sets in Redis, each with when it runs out (ms since 1970) unless this gateway names it again. It is best effort: without
 * Redis nobody is a member, and who still is when it is back is written anew.
 */
export class LeasedMembers {
  readonly #options: LeasedMembersOptions
  readonly #members = new Map<string, Set<string>>()
  #timer: NodeJS.Timeout | undefined
  #isRefused = false
  #told: Promise<unknown> = Promise.resolve()

  constructor(options: LeasedMembersOptions) {
    this.#options = options
  }

  start(): void {
    const { redis, lifeMs } = this.#options
    onServerBack(redis, () => this.#write(this.#members))
    this.#timer = setInterval(() => this.#write(this.#members), lifeMs / WRITES_PER_LIFE)
  }

  /** Ends, once Redis has heard what it was told. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#told
  }

  put(key: string, member: string): void {
    const members = this.#members.get(key) ?? new Set()
    this.#members.set(key, members.add(member))
    this.#write([[key, [member]]])
  }

  take(key: string, member: string): void {
    const members = this.#members.get(key)
    if (members?.delete(member) !== true) return
    if (members.size === 0) this.#members.delete(key)
    // What cannot be taken away runs out.
    this.#tell(this.#options.redis.pipeline().zrem(key, member))
  }

  #write(sets: Iterable<readonly [string, Iterable<string>]>): void {
    for (const some of byServer(this.#options.redis, sets, ([key]) => key)) this.#writeAtOnce(some)
  }

  #writeAtOnce(sets: Iterable<readonly [string, Iterable<string>]>): void {
    const { redis, lifeMs } = this.#options
    const pipeline = redis.pipeline()
    const now = Date.now()
    for (const [key, members] of sets) {
      // What a killed gateway has left goes here where a key never ceases to be named, and else with the key.
      pipeline.zremrangebyscore(key, '-inf', now)
      pipeline.zadd(key, ...[...members].flatMap((member) => [now + lifeMs, member]))
      pipeline.pexpire(key, lifeMs)
    }
    // What is not written now is written with the next.
    if (pipeline.length > 0) this.#tell(pipeline)
  }

  #tell(pipeline: ChainableCommander): void {
    if (this.#options.redis.status !== 'ready') return
    const told = pipeline.exec().then(
      (replies) => this.#refused(replies?.find(([error]) => error)?.[0]),
      (error: unknown) => this.#refused(error),
    )
    this.#told = Promise.all([this.#told, told])
  }

  /** Warns once until Redis takes members again. */
  #refused(error: unknown): void {
    const { log, what } = this.#options
    const isRefused = error !== undefined
    if (isRefused && !this.#isRefused)
      log.warn({ why: messageOf(error) }, `Redis does not take ${what}; trying again`)
    this.#isRefused = isRefused
  }
}
