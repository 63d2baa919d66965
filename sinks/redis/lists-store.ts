import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../schemas/channels.ts'
import type { Recommendation } from '../../schemas/events.ts'
import { publishLua } from '../../schemas/publishing.ts'
import type { ScriptArgument } from '../../schemas/redis-scripts.ts'
import type { PartitionStep, PartitionedRow, Step } from './pending-rows.ts'
import { type Applied, type RedisStore, type ReplayedStep, ScriptConnection } from './redis-store.ts'

export interface ListsStoreOptions {
  redisUrl: string
  /** Before every key: separates installations that share a server. */
  keyPrefix: string
  /** A list that no other follows is kept for so long, s. Default: 30 days. */
  keepSeconds?: number
}

const DAY_SECONDS = 86_400

/** Where the store keeps what it holds of all listeners together. */
export const listsKeys = (prefix: string) => ({
  /** Hash: id of the topic, and by partition the offset up to which it has been applied, of what is given back, too. */
  positions: `${prefix}recommendations:positions`,
})

interface Calls {
  list(meta: string, log: string, ...args: ScriptArgument[]): Promise<0 | 1>
}

const lua = publishLua + readFileSync(join(import.meta.dirname, 'list.lua'), 'utf8')

/**
 * The list of each listener in Redis, in the channel of that listener. Lists lie in slots of their own, so that a step is many scripts and not
 * one: each list remembers which row it is of, and the position moves when all of them are there. So a step that breaks off is repeated, and what
 * was there before changes nothing.
 */
export class ListsStore implements RedisStore<Recommendation> {
  readonly #connection: ScriptConnection<Calls>
  readonly #keyPrefix: string
  readonly #keepSeconds: number

  constructor({ redisUrl, keyPrefix, keepSeconds = 30 * DAY_SECONDS }: ListsStoreOptions) {
    this.#keyPrefix = keyPrefix
    this.#keepSeconds = keepSeconds
    this.#connection = new ScriptConnection<Calls>(redisUrl, { list: { lua, numberOfKeys: 2 } })
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

  async begin<P extends number | string>(
    topicId: string,
    earliest: ReadonlyMap<P, bigint>,
  ): Promise<Map<P, bigint>> {
    const { positions } = listsKeys(this.#keyPrefix)
    const { redis } = this.#connection
    const held = await this.#connection.answered(redis.hgetall(positions))
    // Another topic under the old name: its offsets begin anew.
    if (held['topic_id'] !== topicId) {
      await this.#connection.answered(redis.del(positions))
      await this.#connection.answered(redis.hset(positions, 'topic_id', topicId))
    }
    const at = (partition: P) => (held['topic_id'] === topicId ? held[String(partition)] : undefined)
    const all = [...earliest].map(
      ([partition, offset]) => [partition, BigInt(at(partition) ?? offset)] as const,
    )
    for (const [partition, position] of all)
      await this.#connection.answered(redis.hsetnx(positions, String(partition), position.toString()))
    return new Map(all)
  }

  async apply(topicId: string, { partitions }: Step<Recommendation>): Promise<Applied> {
    const { positions } = listsKeys(this.#keyPrefix)
    const { redis } = this.#connection
    const [heldTopic, ...held] = await this.#connection.answered(
      redis.hmget(positions, 'topic_id', ...partitions.map(({ partition }) => String(partition))),
    )
    const stands = ({ from, next }: PartitionStep<Recommendation>, at: number) => {
      const position = held[at]
      return typeof position === 'string' && (BigInt(position) === from || BigInt(position) >= next)
    }
    if (heldTopic !== topicId || !partitions.every(stands)) return 'moved'
    const rows = partitions.flatMap(({ partition, rows: its }) => its.map((row) => ({ ...row, partition })))
    await this.#putAll(topicId, rows)
    const moves = partitions.map(({ partition, from, next }) => ({ place: String(partition), from, next }))
    // One that stands elsewhere by now is found by the next step.
    await Promise.all(moves.map((move) => this.#connection.move(positions, move)))
    return rows.length > 0 ? 'published' : 'unchanged'
  }

  /** Puts lists in their places, unless a newer one is there or this very list; answers how many it put there. */
  async mend(topicId: string, rows: readonly PartitionedRow<Recommendation>[]): Promise<number> {
    return (await this.#putAll(topicId, rows, true)).length
  }

  async replay(topicId: string, { rows, ...move }: ReplayedStep<Recommendation>): Promise<Applied> {
    const published = (await this.#putAll(topicId, rows)).length > 0
    if (!(await this.#connection.move(listsKeys(this.#keyPrefix).positions, move))) return 'moved'
    return published ? 'published' : 'unchanged'
  }

  /** Answers for each that was put that it was. */
  async #putAll(
    topicId: string,
    rows: readonly PartitionedRow<Recommendation>[],
    mends = false,
  ): Promise<unknown[]> {
    const put = await Promise.all(rows.map((row) => this.#put({ topicId, mends }, row)))
    return put.filter((each) => each === 1)
  }

  #put(
    { topicId, mends }: { topicId: string; mends: boolean },
    { partition, offset, value: { listener, country: _, ...update } }: PartitionedRow<Recommendation>,
  ): Promise<unknown> {
    const { meta, log, publish } = channelKeys(
      this.#keyPrefix,
      channelOf(ownChannels.recommendations, listener),
    )
    const list = JSON.stringify(update satisfies RecommendationsUpdate)
    const epoch = randomUUID().slice(0, 8)
    const row = [topicId, partition, offset.toString(), list, publish, epoch]
    return this.#connection.answered(
      this.#connection.redis.list(meta, log, ...row, this.#keepSeconds, Number(mends)),
    )
  }
}
