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
}

/** `moved`: the store does not stand where the step begins, so its rows must be read again from where it stands. */
export type Applied = 'published' | 'unchanged' | 'moved'

const TOP_LENGTH = 10
const HOUR_MS = 3_600_000
const LONGEST_RECONNECT_MS = 500

/** Answers of a server that will be well again; any other error of a command is a mistake in it. */
const PASSING = /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|NOREPLICAS)/

/** Whether trying again could help. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof Error && error.name === 'ReplyError') || PASSING.test(error.message)
}

type Script = (...args: (string | number)[]) => Promise<unknown>

const script = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')

/**
 * Totals in Redis. Nothing expires by a clock: windows leave by event time, so memory is bounded by the artists of the
 * span, and the figures always agree with one another. The server's eviction policy must be `noeviction`.
 */
export class TotalsStore {
  readonly #redis: Redis & { begin: Script; step: Script }
  readonly #options: Required<Omit<TotalsStoreOptions, 'redisUrl'>>
  readonly #keys: ReturnType<typeof totalsKeys>
  /** Scripts of one connection are preceded by one `begin` on it: the server behind a new one may be another. */
  #begunFor: string | undefined

  constructor({
    redisUrl,
    keyPrefix,
    spanMs = HOUR_MS,
    history = 300,
    expirePerStep = 200,
  }: TotalsStoreOptions) {
    this.#options = { keyPrefix, spanMs, history, expirePerStep }
    this.#keys = totalsKeys(keyPrefix)
    const redis = new Redis(redisUrl, {
      // A command belongs to one connection: it is never sent again on the next one by itself.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      lazyConnect: true,
      retryStrategy: (attempts) => Math.min(50 * attempts, LONGEST_RECONNECT_MS),
      scripts: {
        begin: { lua: script('begin.lua'), numberOfKeys: this.#keys.scriptKeys.length },
        step: { lua: script('step.lua'), numberOfKeys: this.#keys.scriptKeys.length },
      },
    })
    redis.on('close', () => (this.#begunFor = undefined))
    // Every command reports its failure; the event only repeats it.
    redis.on('error', () => undefined)
    this.#redis = redis as Redis & { begin: Script; step: Script }
  }

  get connected(): boolean {
    return this.#redis.status === 'ready'
  }

  /** Connects; from then on it connects again by itself, and meanwhile commands fail. */
  connect(): Promise<void> {
    return this.#redis.connect()
  }

  close(): void {
    this.#redis.disconnect()
  }

  /**
   * Where the store stands in each of these partitions, and from now on in this topic. A partition that it has never
   * seen stands at `earliest`. Begins a new epoch of the channel if the server is not the one that wrote the log.
   */
  async begin(topicId: string, earliest: ReadonlyMap<number, bigint>): Promise<Map<number, bigint>> {
    const runId = /^run_id:(\w+)/m.exec(await this.#redis.info('server'))?.[1]
    if (runId === undefined) throw new Error('Redis does not tell its run_id: INFO server must be allowed')
    const asked = [...earliest].flatMap(([partition, offset]) => [partition, offset.toString()])
    const held = await this.#redis.begin(
      ...this.#keys.scriptKeys,
      runId,
      topicId,
      randomUUID().slice(0, 8),
      this.#keys.windowPrefix,
      ...asked,
    )
    this.#begunFor = topicId
    return new Map([...earliest.keys()].map((partition, i) => [partition, BigInt((held as string[])[i]!)]))
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
    return (await this.#redis.step(
      ...this.#keys.scriptKeys,
      topicId,
      this.#keys.windowPrefix,
      this.#keys.publish,
      this.#options.history,
      this.#options.spanMs,
      this.#options.expirePerStep,
      TOP_LENGTH,
      JSON.stringify(receivedAt),
      partitions.length,
      ...rows,
    )) as Applied
  }
}
