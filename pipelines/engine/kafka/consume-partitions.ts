import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { coPartitionAssigner } from './co-partition-assigner.ts'
import { type FetchedBatch, type TopicPartition, partitionKey, rawRecord } from './raw-record.ts'

export interface ConsumeOptions {
  kafka: Kafka
  groupId: string
  topics: string[]
  isolation: 'read_committed' | 'read_uncommitted'
  /**
   * Called with the partitions that this process has gained, before any batch of theirs. Answers where to read on, by
   * {@link partitionKey}; for a partition it leaves out: at the group's committed offset, else from the beginning.
   */
  onAssigned(gained: TopicPartition[]): Promise<ReadonlyMap<string, bigint>>
  /** Called with the partitions that now belong to another process, before {@link onAssigned} of the same rebalance. */
  onRevoked(lost: TopicPartition[]): Promise<void>
  /** Called in order for each partition. While it has not returned no more is fetched; it calls `heartbeat` if it takes long. */
  onBatch(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void>
  /** What is unexpected ends the process. */
  crash(error: unknown): void
  log: Logger
}

export interface OffsetToCommit extends TopicPartition {
  /** The next offset to read. */
  offset: bigint
  metadata?: string
}

export interface PartitionConsumer {
  /** Commits under this member's generation: the broker refuses it once the group has moved on. */
  commit(offsets: OffsetToCommit[]): Promise<void>
  stop(): Promise<void>
}

const SESSION_TIMEOUT_MS = 6_000
const HEARTBEAT_MS = 1_000

/** Joins a consumer group and hands over whole batches; partition `i` of all topics comes to the same process. */
export async function consumePartitions(options: ConsumeOptions): Promise<PartitionConsumer> {
  const consumer = options.kafka.consumer({
    groupId: options.groupId,
    readUncommitted: options.isolation === 'read_uncommitted',
    partitionAssigners: [coPartitionAssigner],
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    minBytes: 1,
    maxWaitTimeInMs: 300,
  })
  const positions = new Positions(consumer, options)

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => positions.assign(payload.memberAssignment))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) options.crash(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: options.topics, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (payload) => {
      if (positions.moving) await heartbeatUntil(positions.settled, payload.heartbeat)
      if (payload.isStale() || !payload.isRunning()) return
      const batch = positions.take(payload)
      try {
        if (batch !== undefined) await options.onBatch(batch, payload.heartbeat)
      } catch (error) {
        if (isKafkaError(error)) throw error
        options.crash(error)
        return
      }
      payload.resolveOffset(payload.batch.lastOffset())
    },
  })

  return {
    commit: (offsets) =>
      consumer.commitOffsets(offsets.map(({ offset, ...rest }) => ({ ...rest, offset: offset.toString() }))),
    stop: () => consumer.disconnect(),
  }
}

/** Which partitions this member has, and from where it reads each. */
class Positions {
  /** Resolves when the latest assignment has been taken over. */
  settled: Promise<void> = Promise.resolve()
  /** Whether an assignment is being taken over right now. */
  moving = false
  readonly #next = new Map<string, bigint>()
  #assigned = new Map<string, TopicPartition>()
  readonly #consumer: Consumer
  readonly #options: ConsumeOptions

  constructor(consumer: Consumer, options: ConsumeOptions) {
    this.#consumer = consumer
    this.#options = options
  }

  assign(assignment: Record<string, number[]>): void {
    const all = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    this.moving = true
    const settled = this.settled
      .then(() => this.#takeOver(all))
      .catch(this.#options.crash)
      .then(() => {
        if (this.settled === settled) this.moving = false
      })
    this.settled = settled
  }

  async #takeOver(all: TopicPartition[]): Promise<void> {
    const before = this.#assigned
    this.#assigned = new Map(all.map((each) => [partitionKey(each), each]))
    const gained = all.filter((each) => !before.has(partitionKey(each)))
    const lost = [...before.values()].filter((each) => !this.#assigned.has(partitionKey(each)))
    this.#options.log.info(
      { group: this.#options.groupId, gained: gained.map(partitionKey), lost: lost.map(partitionKey) },
      'partitions assigned',
    )
    for (const each of lost) this.#next.delete(partitionKey(each))
    if (lost.length > 0) await this.#options.onRevoked(lost)
    if (gained.length > 0) {
      for (const [key, offset] of await this.#options.onAssigned(gained)) this.#next.set(key, offset)
    }
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

/** Keeps the membership alive while something takes its time. */
export async function heartbeatUntil(done: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  const finished = done.then(() => true)
  while (!(await Promise.race([finished, delay(HEARTBEAT_MS, false)]))) await heartbeat()
}

const isKafkaError = (error: unknown) => error instanceof Error && error.name.startsWith('KafkaJS')
