import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Claim } from './claim.ts'
import { coPartitionAssigner } from './co-partition-assigner.ts'
import { CommitBoard } from './commit-board.ts'
import { type PartitionFetch, readingBatches } from './fetch-batches.ts'
import { memberOf } from './group-fence.ts'
import { type OffsetToCommit, offsetsByTopic } from './offsets.ts'
import { Positions, type RebalanceHandlers } from './positions.ts'
import { type TopicPartition, partitionKey } from '../raw-record.ts'
import type { FetchedBatch } from './fetched.ts'
import type { TaskStatus } from './task-status.ts'

export interface ConsumeOptions extends RebalanceHandlers {
  kafka: Kafka
  topics: string[]
  isolation: 'read_committed' | 'read_uncommitted'
  /** A fetch waits for so much, but 300 ms at most. Default: 1, the least latency for the most requests. */
  minBytes?: number
  /** Called in order for each partition. While it has not returned no more is fetched; it calls `heartbeat` if it takes long. */
  onBatch(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void>
  /**
   * Called when a fetch of a partition has found nothing more to read; `pending`: more has been written, in a transaction that is not
   * over yet.
   */
  onEnd?(partition: TopicPartition, pending: boolean): void
}

export interface PartitionConsumer {
  /** Commits under this member's generation: the broker refuses it once the group has moved on. */
  commit(offsets: OffsetToCommit[]): Promise<void>
  /** Fetches no more of a partition until then, but goes on with the others. */
  pause(partition: TopicPartition, until: Promise<void>): void
  /** How far it is with what it commits by {@link commit}, by partition index. */
  tasks(): TaskStatus[]
  stop(): Promise<void>
}

export const SESSION_TIMEOUT_MS = 6_000
const HEARTBEAT_MS = 1_000
/** A rebalance waits so long for members that do not join again. */
export const REBALANCE_TIMEOUT_MS = 2 * SESSION_TIMEOUT_MS

/** Joins a consumer group and hands over whole batches; partition `i` of all topics comes to the same process. */
export async function consumePartitions(options: ConsumeOptions): Promise<PartitionConsumer> {
  const consumer = groupConsumer(options, () => positions.claim)
  const board = new CommitBoard()
  const positions: Positions = new Positions(consumer, { ...options, ...watchedBy(board, options) })
  let memberId: string | undefined
  let commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    // After a crash kafkajs joins as someone else, and the former one can commit no more.
    if (payload.memberId !== memberId) commitOnce = undefined
    memberId = payload.memberId
    positions.assign(memberOf(memberId), payload.memberAssignment)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) options.crash(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: options.topics, fromBeginning: true })
  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    commitOnce = payload.commitOffsetsIfNecessary
    while (positions.moving !== undefined) await heartbeatUntil(positions.moving, payload.heartbeat)
    if (payload.isStale() || !payload.isRunning()) return
    try {
      const batch = positions.take(payload)
      if (batch !== undefined) await options.onBatch(batch, payload.heartbeat)
    } catch (error) {
      if (isKafkaError(error)) throw error
      options.crash(error)
      return
    }
    payload.resolveOffset(payload.batch.lastOffset())
  }
  await readingBatches(
    () => consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }),
    tellEnds(positions, options),
  )

  return {
    async commit(offsets) {
      const foreign = offsets.find((each) => !positions.owns(each))
      if (foreign !== undefined) throw new NotOwnerError(partitionKey(foreign))
      // kafkajs repeats a failed commit by itself, if need be under the generation of a later assignment, and says
      // nothing of one that it has not sent; as it commits from within a batch it does neither.
      if (commitOnce !== undefined) await commitOnce({ topics: offsetsByTopic(offsets) })
      else await consumer.commitOffsets(offsets.map(forKafkajs))
      board.commits(offsets, Date.now())
    },
    pause({ topic, partition }, until) {
      const which = [{ topic, partitions: [partition] }]
      consumer.pause(which)
      void until.then(() => consumer.resume(which))
    },
    tasks: () => board.tasks(),
    stop() {
      positions.end()
      return consumer.disconnect()
    },
  }
}

const groupConsumer = (options: ConsumeOptions, claim: () => Claim): Consumer =>
  options.kafka.consumer({
    groupId: options.groupId,
    readUncommitted: options.isolation === 'read_uncommitted',
    partitionAssigners: [coPartitionAssigner(claim)],
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    minBytes: options.minBytes ?? 1,
    maxWaitTimeInMs: 300,
  })

const forKafkajs = ({ offset, ...rest }: OffsetToCommit) => ({ ...rest, offset: offset.toString() })

/** Has the board know what comes and goes. */
const watchedBy = (
  board: CommitBoard,
  { onAssigned, onRevoked }: RebalanceHandlers,
): Pick<RebalanceHandlers, 'onAssigned' | 'onRevoked'> => ({
  async onAssigned(gained) {
    board.takesOver(gained, Date.now())
    const from = await onAssigned(gained)
    board.runs(gained, from)
    return from
  },
  onRevoked(lost) {
    board.loses(lost)
    onRevoked(lost)
  },
})

/** Tells of partitions of which a fetch has found nothing more. */
function tellEnds(positions: Positions, { onEnd }: ConsumeOptions) {
  return ({ topic, partition, readableEnd, highWatermark, nextOffset, hasRecords }: PartitionFetch): void => {
    if (hasRecords || nextOffset < readableEnd || positions.moving !== undefined) return
    if (positions.owns({ topic, partition })) onEnd?.({ topic, partition }, nextOffset < highWatermark)
  }
}

/** A commit for a partition that belongs to another process by now, or has not been taken over yet. */
export class NotOwnerError extends Error {
  override readonly name = 'NotOwnerError'
  constructor(partition: string) {
    super(`${partition} is not this process's: its new owner commits`)
  }
}

/** Keeps the membership alive while something takes its time. */
export async function heartbeatUntil(done: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  const finished = done.then(() => true)
  while (!(await Promise.race([finished, delay(HEARTBEAT_MS, false)]))) await heartbeat()
}

const isKafkaError = (error: unknown) => error instanceof Error && error.name.startsWith('KafkaJS')
