import type { Consumer, EachBatchPayload } from 'kafkajs'
import type { Logger } from 'pino'
import type { Claim } from './claim.ts'
import type { GroupMember } from './kip-447-requests.ts'
import { type TopicPartition, partitionKey } from '../raw-record.ts'
import { type FetchedBatch, fetchedIn } from './fetched.ts'

/** What is done as partitions come and go. */
export interface RebalanceHandlers {
  groupId: string
  /**
   * Called with the partitions that this process has gained, before any batch of theirs. Answers where to read on, by
   * {@link partitionKey}; for a partition it leaves out: at the group's committed offset, else from the beginning.
   */
  onAssigned(gained: TopicPartition[]): Promise<ReadonlyMap<string, bigint>>
  /** Called with the partitions that now belong to another process, before {@link onAssigned} of the same rebalance. */
  onRevoked(lost: TopicPartition[]): void
  /** Called at each rebalance after {@link onRevoked}, from where on commits are to be made in this name. */
  onJoined?(member: GroupMember): void
  /** What is unexpected ends the process. */
  crash(error: unknown): void
  log: Logger
}

interface Assignment {
  member: GroupMember
  partitions: TopicPartition[]
  /** What was this member's own may have been another's meanwhile. */
  interrupted: boolean
}

/** Which partitions this member has, and from where it reads each. */
export class Positions {
  readonly #consumer: Pick<Consumer, 'seek'>
  readonly #handlers: RebalanceHandlers
  readonly #next = new Map<string, bigint>()
  /** As the last assignment says that has been, or is being, taken over. */
  #assigned = new Map<string, TopicPartition>()
  /** What has been taken over and not been lost since; lost at once, taken over when that has been done. */
  readonly #owned = new Set<string>()
  #latest: Assignment | undefined
  #moving: Promise<void> | undefined
  #ended = false

  constructor(consumer: Pick<Consumer, 'seek'>, handlers: RebalanceHandlers) {
    this.#consumer = consumer
    this.#handlers = handlers
  }

  /** While assignments are taken over: resolves when the latest so far has been. */
  get moving(): Promise<void> | undefined {
    return this.#moving
  }

  /** What the last assignment gave to this member, whether or not it has been taken over: what it says at the next join that it has. */
  get claim(): Claim {
    const { member, partitions } = this.#latest ?? { partitions: [] }
    return {
      generation: member?.generationId ?? -1,
      indexes: [...new Set(partitions.map(({ partition }) => partition))],
    }
  }

  owns(partition: TopicPartition): boolean {
    return this.#owned.has(partitionKey(partition))
  }

  /** Assignments are taken over one after the other; what they take away is lost at once. */
  assign(member: GroupMember, assignment: Record<string, number[]>): void {
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    )
    const latest = { member, partitions, interrupted: !follows(this.#latest?.member, member) }
    this.#latest = latest
    const kept = new Set(latest.interrupted ? [] : partitions.map(partitionKey))
    for (const key of this.#owned) if (!kept.has(key)) this.#owned.delete(key)
    const moving = (this.#moving ?? Promise.resolve())
      .then(() => this.#takeOver(latest))
      .catch(this.#handlers.crash)
      .then(() => {
        if (this.#moving === moving) this.#moving = undefined
      })
    this.#moving = moving
  }

  /** The consumer ends: it is not told any more where to read what is still being taken over. */
  end(): void {
    this.#ended = true
  }

  async #takeOver(assignment: Assignment): Promise<void> {
    const handlers = this.#handlers
    const { member, partitions, interrupted } = assignment
    const before = this.#assigned
    this.#assigned = new Map(partitions.map((each) => [partitionKey(each), each]))
    const gained = partitions.filter((each) => interrupted || !before.has(partitionKey(each)))
    const lost = [...before.values()].filter((each) => interrupted || !this.#assigned.has(partitionKey(each)))
    const names = { gained: gained.map(partitionKey), lost: lost.map(partitionKey) }
    handlers.log.info({ group: handlers.groupId, ...names }, 'partitions assigned')
    for (const each of lost) this.#next.delete(partitionKey(each))
    if (lost.length > 0) handlers.onRevoked(lost)
    handlers.onJoined?.(member)
    if (gained.length > 0) {
      for (const [key, offset] of await handlers.onAssigned(gained)) this.#next.set(key, offset)
    }
    if (this.#ended) return
    // If the group has moved on meanwhile, the next assignment says what is ours.
    if (assignment === this.#latest) for (const each of partitions) this.#owned.add(partitionKey(each))
    for (const each of partitions) {
      const offset = this.#next.get(partitionKey(each))
      if (offset !== undefined) this.#consumer.seek({ ...each, offset: offset.toString() })
    }
  }

  /** The part of what has been fetched that has not been taken before, or undefined. @throws BatchError */
  take({ batch }: EachBatchPayload): FetchedBatch | undefined {
    const key = partitionKey(batch)
    if (!this.#assigned.has(key)) return undefined
    const from = this.#next.get(key) ?? 0n
    const nextOffset = BigInt(batch.lastOffset()) + 1n
    if (nextOffset <= from) return undefined
    this.#next.set(key, nextOffset)
    const { topic, partition } = batch
    const { records, readableEnd } = fetchedIn(batch)
    const highWatermark = BigInt(batch.highWatermark)
    return { topic, partition, records: records(from), nextOffset, highWatermark, readableEnd }
  }
}

/**
 * Whether a member has seen each assignment from one to the other: the group counts them. Under another id it had been
 * out of the group; and one that comes too late for an assignment joins the next under its old id.
 */
const follows = (before: GroupMember | undefined, { memberId, generationId }: GroupMember) =>
  before?.memberId === memberId && generationId === before.generationId + 1
