import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Codec } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import type { Position } from './producer.ts'
import { type OffsetRange, type PartitionReader, partitionOf } from './partition-reader.ts'

export interface SettlementOptions {
  admin: Admin
  reader: PartitionReader
  codec: Codec
  topicPrefix: string
  applicationId: string
}

/** What became of an import's plays behind `anonymise`. */
export interface Settled {
  clean: number
  duplicates: number
  deadLetters: number
}

const settledIn = [topics.playsClean, topics.duplicatePlays, topics.deadLetters] as const
const POLL_MS = 200

/** The topics in which the plays end up, as they are called on the broker. */
export const settlementTopics = (topicPrefix: string): string[] =>
  settledIn.map(({ name }) => `${topicPrefix}${name}`)

/** Follows an import's plays through `anonymise` and counts where they went. Make it before the first play is sent. */
export class Settlement {
  readonly #options: SettlementOptions
  /** Where each of the topics ended before the import, by topic and partition. */
  readonly #before: ReadonlyMap<string, bigint>

  private constructor(options: SettlementOptions, before: ReadonlyMap<string, bigint>) {
    this.#options = options
    this.#before = before
  }

  static async begin(options: SettlementOptions): Promise<Settlement> {
    const ends = await options.reader.ends(settlementTopics(options.topicPrefix))
    return new Settlement(options, new Map([...ends].map(([key, { high }]) => [key, high])))
  }

  /** The consumer group that has to pass the plays. */
  get group(): string {
    return `${this.#options.applicationId}.anonymise`
  }

  /** Waits until `anonymise` has committed past the last play of each partition; false if it has not within the deadline. */
  async passed(
    lasts: readonly Position[],
    deadlineMs: number,
    onRemaining: (offsets: number) => void,
  ): Promise<boolean> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const committed = await this.#committed()
      const remaining = lasts.reduce((sum, { partition, offset }) => {
        const left = offset + 1n - (committed.get(partition) ?? -1n)
        return left > 0n ? sum + left : sum
      }, 0n)
      onRemaining(Number(remaining))
      if (remaining === 0n) return true
      if (performance.now() >= deadline) return false
      await pause(POLL_MS)
    }
  }

  async #committed(): Promise<Map<number, bigint>> {
    const { admin, topicPrefix } = this.#options
    const topic = `${topicPrefix}${topics.plays.name}`
    const [found] = await admin.fetchOffsets({ groupId: this.group, topics: [topic] })
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  }

  /**
   * Counts what of this source has come to each topic since the beginning. Every play of the import is in by now: its offset was
   * committed together with what became of it.
   */
  async count(source: string, playsPartitions: ReadonlySet<number>): Promise<Settled> {
    const { reader, codec, topicPrefix } = this.#options
    const settled: Settled = { clean: 0, duplicates: 0, deadLetters: 0 }
    const letters = new Set<string>()
    await reader.read(await this.#ranges(playsPartitions), async ({ topic }, records) => {
      // One without a value is a letter that was purged.
      const values = records.map(({ value }) => value).filter((value) => value !== null)
      await codec.load(values)
      const ofSource = <V extends { source: string | null }>(from: Topic<V>) =>
        values.map((value) => codec.decode(from, value)).filter((event) => event.source === source)
      switch (topic.slice(topicPrefix.length)) {
        case topics.playsClean.name:
          settled.clean += ofSource(topics.playsClean).length
          break
        case topics.duplicatePlays.name:
          settled.duplicates += ofSource(topics.duplicatePlays).length
          break
        case topics.deadLetters.name:
          for (const { id, topic: from } of ofSource(topics.deadLetters)) {
            if (from === `${topicPrefix}${topics.plays.name}`) letters.add(id)
          }
      }
    })
    return { ...settled, deadLetters: letters.size }
  }

  async #ranges(playsPartitions: ReadonlySet<number>): Promise<OffsetRange[]> {
    const { reader, topicPrefix } = this.#options
    const ends = await reader.ends(settlementTopics(topicPrefix))
    const keepPartitions = new Set(
      settledIn.filter(({ partitioning }) => partitioning === 'user').map(({ name }) => topicPrefix + name),
    )
    return [...ends]
      .map(([key, { low, high }]) => ({
        ...partitionOf(key),
        from: this.#before.get(key) ?? low,
        until: high,
      }))
      .filter(({ topic, partition }) => !keepPartitions.has(topic) || playsPartitions.has(partition))
  }
}
