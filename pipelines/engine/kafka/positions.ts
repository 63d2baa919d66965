import type { Consumer, EachBatchPayload } from 'kafkajs'
import type { ConsumeOptions } from './consume-partitions.ts'
import { type GroupMember, memberOf } from './group-fence.ts'
import { type FetchedBatch, type TopicPartition, partitionKey, rawRecord } from './raw-record.ts'

type PositionsOptions = Pick<
  ConsumeOptions,
  'groupId' | 'onAssigned' | 'onJoined' | 'onRevoked' | 'crash' | 'log'
>

interface Assignment {
  member: GroupMember
  /** The member had been out of the group. */
  expelled: boolean
  /** Counts assignments. */
  term: number
}

/** Which partitions this member has, and from where it reads each. */
export class Positions {
  /** Resolves when the latest assignment has been taken over. */
  settled: Promise<void> = Promise.resolve()
  /** Whether an assignment is being taken over right now. */
  moving = false
  readonly #next = new Map<string, bigint>()
  #assigned = new Map<string, TopicPartition>()
  /** What has been taken over and not been lost since; lost at once, taken over when that has been done. */
  readonly #owned = new Set<string>()
  #memberId: string | undefined
  #term = 0
  readonly #consumer: Consumer
  readonly #options: PositionsOptions

  constructor(consumer: Consumer, options: PositionsOptions) {
    this.#consumer = consumer
    this.#options = options
  }

  owns(partition: TopicPartition): boolean {
    return this.#owned.has(partitionKey(partition))
  }

  assign(memberId: string, assignment: Record<string, number[]>): void {
    const all = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    // Under a new id this member had been out of the group: what was its own may have been another's meanwhile.
    const expelled = memberId !== this.#memberId
    this.#memberId = memberId
    const member = memberOf(memberId)
    const term = ++this.#term
    const kept = new Set(expelled ? [] : all.map(partitionKey))
    for (const key of this.#owned) if (!kept.has(key)) this.#owned.delete(key)
    this.moving = true
    const settled = this.settled
      .then(() => this.#takeOver(all, { expelled, member, term }))
      .catch(this.#options.crash)
      .then(() => {
        if (this.settled === settled) this.moving = false
      })
    this.settled = settled
  }

  async #takeOver(all: TopicPartition[], { expelled, member, term }: Assignment): Promise<void> {
    const before = this.#assigned
    this.#assigned = new Map(all.map((each) => [partitionKey(each), each]))
    const gained = all.filter((each) => expelled || !before.has(partitionKey(each)))
    const lost = [...before.values()].filter((each) => expelled || !this.#assigned.has(partitionKey(each)))
    this.#options.log.info(
      { group: this.#options.groupId, gained: gained.map(partitionKey), lost: lost.map(partitionKey) },
      'partitions assigned',
    )
    for (const each of lost) this.#next.delete(partitionKey(each))
    if (lost.length > 0) await this.#options.onRevoked(lost)
    this.#options.onJoined?.(member)
    if (gained.length > 0) {
      for (const [key, offset] of await this.#options.onAssigned(gained)) this.#next.set(key, offset)
    }
    // If the group has moved on meanwhile, the next assignment says what is ours.
    if (term === this.#term) for (const each of all) this.#owned.add(partitionKey(each))
    for (const each of all) {
      const offset = this.#next.get(partitionKey(each))
      if (offset !== undefined) this.#consumer.seek({ ...each, offset: offset.toString() })
    }
  }

  /** The part of a batch that has not been taken before, or undefined. */
  take({ batch }: EachBatchPayload): FetchedBatch | undefined {
    const key = partitionKey(batch)
    if (!this.#assigned.has(key)) return undefined
    const from = this.#next.get(key) ?? 0n
    const nextOffset = BigInt(batch.lastOffset()) + 1n
    if (nextOffset <= from) return undefined
    this.#next.set(key, nextOffset)
    const { topic, partition } = batch
    return {
      topic,
      partition,
      records: batch.messages
        .map((message) => rawRecord(batch, message))
        .filter(({ offset }) => offset >= from),
      nextOffset,
      highWatermark: BigInt(batch.highWatermark),
    }
  }
}
