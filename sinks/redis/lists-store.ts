import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RecommendationsUpdate, channelKeys, channelOf, ownChannels } from '../../schemas/channels.ts'
import type { Recommendation } from '../../schemas/events.ts'
import type { PartitionStep, PlacedRow, Step } from './pending-rows.ts'
import { type Applied, type RedisStore, ScriptConnection } from './redis-store.ts'

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
  /** Hash: id of the topic, and by partition the offset up to which it has been applied. */
  positions: `${prefix}recommendations:positions`,
})

/**
 * The list of each listener in Redis, in the channel of that listener. Lists lie in slots of their own, so that a step is many scripts and not
 * one: each list remembers which row it is of, and the position moves when all of them are there. So a step that breaks off is repeated, and what
 * was there before changes nothing.
 */
export class ListsStore implements RedisStore<Recommendation> {
  readonly #connection: ScriptConnection<'list'>
  readonly #keyPrefix: string
  readonly #keepSeconds: number
  /** The run of the server that this connection is to, once it has been asked. */
  #runId: string | undefined

  constructor({ redisUrl, keyPrefix, keepSeconds = 30 * DAY_SECONDS }: ListsStoreOptions) {
    this.#keyPrefix = keyPrefix
    this.#keepSeconds = keepSeconds
    const lua = readFileSync(join(import.meta.dirname, 'list.lua'), 'utf8')
    this.#connection = new ScriptConnection(redisUrl, { list: { lua, numberOfKeys: 2 } }, () => {
      this.#runId = undefined
    })
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

  async begin(topicId: string, earliest: ReadonlyMap<number, bigint>): Promise<Map<number, bigint>> {
    const { positions } = listsKeys(this.#keyPrefix)
    const { redis } = this.#connection
    this.#runId = await this.#connection.runId()
    const held = await this.#connection.answered(redis.hgetall(positions))
    // Another topic under the old name: its offsets begin anew.
    if (held['topic_id'] !== topicId) {
      await this.#connection.answered(redis.del(positions))
      await this.#connection.answered(redis.hset(positions, 'topic_id', topicId))
    }
    const at = (partition: number) => (held['topic_id'] === topicId ? held[partition] : undefined)
    const all = [...earliest].map(
      ([partition, offset]) => [partition, BigInt(at(partition) ?? offset)] as const,
    )
    for (const [partition, position] of all)
      await this.#connection.answered(redis.hsetnx(positions, String(partition), position.toString()))
    return new Map(all)
  }

  async apply(topicId: string, { partitions }: Step<Recommendation>): Promise<Applied> {
    this.#runId ??= await this.#connection.runId()
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
    const runId = this.#runId
    await Promise.all(
      partitions.flatMap(({ partition, rows }) =>
        rows.map((row) => this.#put({ topicId, partition, runId }, row)),
      ),
    )
    const moved = Object.fromEntries(partitions.map(({ partition, next }) => [partition, next.toString()]))
    await this.#connection.answered(redis.hset(positions, moved))
    return partitions.some(({ rows }) => rows.length > 0) ? 'published' : 'unchanged'
  }

  async #put(
    { topicId, partition, runId }: { topicId: string; partition: number; runId: string },
    { offset, value: { listener, country: _, ...update } }: PlacedRow<Recommendation>,
  ): Promise<void> {
    const { meta, log, publish } = channelKeys(
      this.#keyPrefix,
      channelOf(ownChannels.recommendations, listener),
    )
    const list = JSON.stringify(update satisfies RecommendationsUpdate)
    const epoch = randomUUID().slice(0, 8)
    const row = [runId, topicId, partition, offset.toString(), list, publish, epoch, this.#keepSeconds]
    await this.#connection.answered(this.#connection.redis.list(meta, log, ...row))
  }
}
