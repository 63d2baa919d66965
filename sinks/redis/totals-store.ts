import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ArtistTotal } from '../../schemas/events.ts'
import { publishLua } from '../../schemas/publishing.ts'
import type { ScriptArgument } from '../../schemas/redis-scripts.ts'
import { totalsKeys } from './keys.ts'
import type { PartitionStep, PlacedRow, Step } from './pending-rows.ts'
import { type Applied, type RedisStore, type ReplayedStep, ScriptConnection } from './redis-store.ts'

export interface TotalsStoreOptions {
  redisUrl: string
  /** Before every key: separates installations that share a server. */
  keyPrefix: string
  /** What is published has at least so many listeners; see `schemas/k-anonymity.ts`. */
  k: number
  /** What counts towards the top list: windows that began less than this before the newest one. Default: one hour. */
  spanMs?: number
  /** Messages kept for subscribers that come back. Default: 300, five seconds of a busy channel. */
  history?: number
  /** Fields of old windows removed in one step: bounds how long Redis is held up. Default: 600, more than the sink brings in one, or they would pile up. */
  expirePerStep?: number
  /** Which version of a topology these are of. Default: the first. */
  version?: number
  /** Whether they are built to take the place of those of this version. Default: not. */
  anew?: boolean
}

const TOP_LENGTH = 10
/** What the script takes as `from` and `next` of rows that are replayed: they move no position. */
const REPLAYED = -1n
const HOUR_MS = 3_600_000

interface Calls {
  begin(...args: ScriptArgument[]): Promise<string[]>
  step(...args: ScriptArgument[]): Promise<Applied>
  serve(...args: ScriptArgument[]): Promise<unknown>
  swap(...args: ScriptArgument[]): Promise<0 | 1>
}

const script = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')

/**
 * Totals in Redis. Nothing expires by a clock: windows leave by event time, so memory is bounded by the artists of the
 * span, and the figures always agree with one another. The server's eviction policy must be `noeviction`.
 */
export class TotalsStore implements RedisStore<ArtistTotal> {
  readonly #connection: ScriptConnection<Calls>
  readonly #options: Required<Omit<TotalsStoreOptions, 'redisUrl' | 'version' | 'anew'>>
  readonly #keys: ReturnType<typeof totalsKeys>
  /** What totals that are built anew take the place of. */
  readonly #replaced: ReturnType<typeof totalsKeys>
  /** Scripts of one connection are preceded by one `begin` on it: the server behind a new one may be another. */
  #begun = false

  constructor({
    redisUrl,
    keyPrefix,
    k,
    spanMs = HOUR_MS,
    history = 300,
    expirePerStep = 600,
    version,
    anew,
  }: TotalsStoreOptions) {
    this.#options = { keyPrefix, k, spanMs, history, expirePerStep }
    this.#keys = totalsKeys(keyPrefix, version, anew)
    this.#replaced = totalsKeys(keyPrefix, version)
    const numberOfKeys = this.#keys.scriptKeys.length
    this.#connection = new ScriptConnection<Calls>(
      redisUrl,
      {
        begin: { lua: publishLua + script('begin.lua'), numberOfKeys },
        step: { lua: publishLua + script('step.lua'), numberOfKeys },
        serve: { lua: script('serve.lua'), numberOfKeys },
        swap: { lua: script('swap.lua'), numberOfKeys: 2 * numberOfKeys },
      },
      () => (this.#begun = false),
    )
  }

  get connected(): boolean {
    return this.#connection.connected
  }

  connect(): Promise<void> {
    return this.#connection.connect()
  }

  close(): void {
    this.#connection.close()
  }

  /** Begins a new epoch of the channel if the server is not the one that wrote the log. */
  async begin<P extends number | string>(
    topicId: string,
    earliest: ReadonlyMap<P, bigint>,
  ): Promise<Map<P, bigint>> {
    const asked = [...earliest].flatMap(([partition, offset]) => [partition, offset.toString()])
    const epoch = randomUUID().slice(0, 8)
    const { scriptKeys, windowPrefix } = this.#keys
    const held = await this.#connection.answered(
      this.#connection.redis.begin(...scriptKeys, topicId, epoch, windowPrefix, ...asked),
    )
    this.#begun = true
    return new Map([...earliest.keys()].map((partition, i) => [partition, BigInt(held[i]!)]))
  }

  /** From now on these totals are what is published, if no later version's are already. */
  async serve(): Promise<void> {
    const epoch = randomUUID().slice(0, 8)
    await this.#connection.answered(this.#connection.redis.serve(...this.#keys.scriptKeys, epoch))
  }

  /** Where it stands in each partition, and in each of what is given back. */
  async positions(): Promise<Map<string, bigint>> {
    const held = await this.#connection.answered(this.#connection.redis.hgetall(this.#keys.positions))
    return new Map(Object.entries(held).map(([place, offset]) => [place, BigInt(offset)]))
  }

  /**
   * Totals that are built anew take the place of those of their version, if they stand as far as those and as `least`, by partition and place of
   * what is given back; answers whether they did. The next step publishes all of them, and so does one without rows.
   */
  async takePlace(least: ReadonlyMap<number | string, bigint>): Promise<boolean> {
    const asked = [...least].flatMap(([partition, offset]) => [partition, offset.toString()])
    const swapped = await this.#connection.answered(
      this.#connection.redis.swap(
        ...this.#replaced.scriptKeys,
        ...this.#keys.scriptKeys,
        this.#replaced.windowPrefix,
        this.#keys.windowPrefix,
        ...asked,
      ),
    )
    return swapped === 1
  }

  /** Totals that were being built anew go, as far as they are there. */
  async discard(): Promise<void> {
    const { redis } = this.#connection
    const { own, windows, windowPrefix } = this.#keys
    const held = await this.#connection.answered(redis.zrange(windows, 0, -1))
    await this.#connection.answered(redis.unlink(...own, ...held.map((window) => windowPrefix + window)))
  }

  async replay(topicId: string, { rows, ...move }: ReplayedStep<ArtistTotal>): Promise<Applied> {
    const partitions = [...Map.groupBy(rows, ({ partition }) => partition)].map(([partition, its]) => ({
      partition,
      from: REPLAYED,
      next: REPLAYED,
      rows: its,
    }))
    const applied = rows.length === 0 ? 'unchanged' : await this.#apply(topicId, partitions, [])
    if (applied === 'moved') return 'moved'
    return (await this.#connection.move(this.#keys.positions, move)) ? applied : 'moved'
  }

  /** Applies a step whole, or not at all. */
  apply(topicId: string, { partitions, receivedAt }: Step<ArtistTotal>): Promise<Applied> {
    return this.#apply(topicId, partitions, receivedAt)
  }

  async #apply(
    topicId: string,
    partitions: readonly PartitionStep<ArtistTotal>[],
    receivedAt: readonly number[],
  ): Promise<Applied> {
    // What has begun with another topic is not begun anew: one of both is of before.
    if (!this.#begun) await this.begin(topicId, new Map())
    const given = partitions.flatMap(({ partition, from, next, rows }) => [
      partition,
      from.toString(),
      next.toString(),
      textOf(rows),
    ])
    const { history, spanMs, expirePerStep, k } = this.#options
    return this.#connection.answered(
      this.#connection.redis.step(
        ...this.#keys.scriptKeys,
        topicId,
        this.#keys.windowPrefix,
        this.#keys.publish,
        history,
        spanMs,
        expirePerStep,
        TOP_LENGTH,
        k,
        JSON.stringify(receivedAt),
        partitions.length,
        randomUUID().slice(0, 8),
        ...given,
      ),
    )
  }
}

/** As the script takes rows: as one text, since an argument costs the client as much as the rest of its row. */
function textOf(rows: readonly PlacedRow<ArtistTotal>[]): string {
  const texts: string[] = []
  for (const { value: t, offset } of rows) {
    texts.push(t.artistId, t.artistName, String(t.windowStart))
    texts.push(String(t.plays), String(t.msPlayed), offset.toString(), t.listenerBits)
  }
  return JSON.stringify(texts)
}
