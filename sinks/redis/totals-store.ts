import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { totalsKeys } from './keys.ts'
import type { Step } from './pending-totals.ts'

export interface TotalsStoreOptions {
  redisUrl: string
  /** Before every key: separates installations that share a server. */
  keyPrefix: string
  /** What counts towards the top list: windows that began less than this before the newest one. Default: one hour. */
  spanMs?: number
  /** Messages kept for subscribers that come back. Default: 300, five seconds of a busy channel. */
  history?: number
  /** Fields of old windows removed in one step: bounds how long Redis is held up. Default: 200. */
  expirePerStep?: number
  /** Which version of a topology these are of. Default: the first. */
  version?: number
}

/** `moved`: the store does not stand where the step begins, so its rows must be read again from where it stands. */
export type Applied = 'published' | 'unchanged' | 'moved'

const TOP_LENGTH = 10
const HOUR_MS = 3_600_000
const LONGEST_RECONNECT_MS = 500
/** A command that has had no answer for so long has failed: a step may be repeated. */
const COMMAND_TIMEOUT_MS = 5_000

/** Answers of a server that will be well again; any other error of a command is a mistake in it. */
const PASSING = /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|NOREPLICAS)/

/** Whether trying again could help. */
export function isPassing(error: unknown): boolean {
  return !isAnswer(error) || PASSING.test(error.message)
}

const isAnswer = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

type Script = (...args: (string | number)[]) => Promise<unknown>

interface Scripts {
  begin: Script
  step: Script
  serve: Script
}

const script = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')

/**
 * Totals in Redis. Nothing expires by a clock: windows leave by event time, so memory is bounded by the artists of the
 * span, and the figures always agree with one another. The server's eviction policy must be `noeviction`.
 */
export class TotalsStore {
  readonly #redis: Redis & Scripts
  readonly #options: Required<Omit<TotalsStoreOptions, 'redisUrl' | 'version'>>
  readonly #keys: ReturnType<typeof totalsKeys>
  /** Scripts of one connection are preceded by one `begin` on it: the server behind a new one may be another. */
  #begunFor: string | undefined
  /** What keeps Redis away; commands say only that there is no connection. */
  #obstacle: Error | undefined

  constructor({
    redisUrl,
    keyPrefix,
    spanMs = HOUR_MS,
    history = 300,
    expirePerStep = 200,
    version,
  }: TotalsStoreOptions) {
    this.#options = { keyPrefix, spanMs, history, expirePerStep }
    this.#keys = totalsKeys(keyPrefix, version)
    const redis = new Redis(redisUrl, {
      // A command belongs to one connection: it is never sent again on the next one by itself.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      lazyConnect: true,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (attempts) => Math.min(50 * attempts, LONGEST_RECONNECT_MS),
      scripts: {
        begin: { lua: script('begin.lua'), numberOfKeys: this.#keys.scriptKeys.length },
        step: { lua: script('step.lua'), numberOfKeys: this.#keys.scriptKeys.length },
        serve: { lua: script('serve.lua'), numberOfKeys: this.#keys.scriptKeys.length },
      },
    })
    redis.on('close', () => (this.#begunFor = undefined))
    redis.on('error', (error) => (this.#obstacle = error))
    redis.on('ready', () => (this.#obstacle = undefined))
    this.#redis = redis as Redis & Scripts
  }

  get connected(): boolean {
    return this.#redis.status === 'ready'
  }

  /**
   * Resolves if Redis answers; until it does, call it again. From the first call on the store connects by itself, again
   * and again, and while there is no connection, or nothing comes back within 5 s, commands fail.
   * @throws what keeps Redis away.
   */
  async connect(): Promise<void> {
    try {
      if (this.#redis.status === 'wait') await this.#redis.connect()
      else await this.#answered(this.#redis.ping())
    } catch (error) {
      throw this.#obstacle ?? error
    }
  }

  close(): void {
    this.#redis.disconnect()
  }

  /** A connection that has swallowed a command may be dead for a quarter of an hour before the system says so. */
  async #answered<T>(command: Promise<T>): Promise<T> {
    try {
      return await command
    } catch (error) {
      if (this.connected && !isAnswer(error)) this.#redis.disconnect(true)
      throw error
    }
  }

  /**
   * Where the store stands in each of these partitions, and from now on in this topic. A partition that it has never
   * seen stands at `earliest`. Begins a new epoch of the channel if the server is not the one that wrote the log.
   */
  async begin(topicId: string, earliest: ReadonlyMap<number, bigint>): Promise<Map<number, bigint>> {
    const runId = /^run_id:(\w+)/m.exec(await this.#answered(this.#redis.info('server')))?.[1]
    if (runId === undefined) throw new Error('Redis does not tell its run_id: INFO server must be allowed')
    const asked = [...earliest].flatMap(([partition, offset]) => [partition, offset.toString()])
    const epoch = randomUUID().slice(0, 8)
    const held = await this.#answered(
      this.#redis.begin(...this.#keys.scriptKeys, runId, topicId, epoch, this.#keys.windowPrefix, ...asked),
    )
    this.#begunFor = topicId
    return new Map([...earliest.keys()].map((partition, i) => [partition, BigInt((held as string[])[i]!)]))
  }

  /** From now on these totals are what is published, if no later version's are already. */
  async serve(): Promise<void> {
    await this.#answered(this.#redis.serve(...this.#keys.scriptKeys, randomUUID().slice(0, 8)))
  }

  /** Applies a step whole, or not at all; applying it again changes nothing. */
  async apply(topicId: string, { partitions, receivedAt }: Step): Promise<Applied> {
    if (this.#begunFor !== topicId) await this.begin(topicId, new Map())
    const rows = partitions.flatMap(({ partition, from, next, totals }) => [
      partition,
      from.toString(),
      next.toString(),
      totals.length,
      ...totals.flatMap((t) => [t.artistId, t.artistName, t.windowStart, t.plays, t.msPlayed]),
    ])
    const { history, spanMs, expirePerStep } = this.#options
    return (await this.#answered(
      this.#redis.step(
        ...this.#keys.scriptKeys,
        topicId,
        this.#keys.windowPrefix,
        this.#keys.publish,
        history,
        spanMs,
        expirePerStep,
        TOP_LENGTH,
        JSON.stringify(receivedAt),
        partitions.length,
        ...rows,
      ),
    )) as Applied
  }
}
