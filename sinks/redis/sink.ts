import { topics } from '../../schemas/topics.ts'
import {
  type PartitionConsumer,
  consumePartitions,
  heartbeatUntil,
} from '../../pipelines/engine/kafka/consume-partitions.ts'
import {
  type FetchedBatch,
  type TopicPartition,
  partitionKey,
} from '../../pipelines/engine/kafka/raw-record.ts'
import { type SetAside, takeOrRefuse } from '../decode.ts'
import { earliestOffsets } from '../offsets.ts'
import { retrying } from '../retry.ts'
import type { RunningSink, SinkOptions } from '../running-sink.ts'
import { topicIds } from '../topic-ids.ts'
import { type PendingPartition, PendingTotals, type Step } from './pending-totals.ts'
import { PositionReport } from './position-report.ts'
import { StepLoop } from './step-loop.ts'
import { TotalsStore, type TotalsStoreOptions, isPassing } from './totals-store.ts'

export interface RedisSinkOptions extends SinkOptions {
  redis: TotalsStoreOptions
  /** From the start of a step to the start of the next. Default: 15, which is at most 66 messages a second. */
  minGapMs?: number
}

const DEFAULT_MIN_GAP_MS = 15
const FULL_AT = 500
const STOP_WITHIN_MS = 5_000

/** The consumer group of the sink. */
export const redisGroup = (applicationId: string) => `${applicationId}.redis-sink`

/**
 * Keeps the live totals in Redis and publishes the top artists. It reads uncommitted records, for the sake of latency:
 * totals are absolute, so what an aborted transaction wrote is overwritten by its repetition. It reads on from where
 * Redis stands, whatever the group has committed.
 */
export async function startRedisSink(options: RedisSinkOptions): Promise<RunningSink> {
  const sink = new RedisSink(options)
  await sink.start()
  return sink
}

class RedisSink implements RunningSink {
  readonly #options: RedisSinkOptions
  readonly #topic: string
  readonly #store: TotalsStore
  readonly #pending = new PendingTotals()
  readonly #loop: StepLoop
  readonly #report: PositionReport
  #refused: SetAside[] = []
  #topicId = ''
  #consumer: PartitionConsumer | undefined
  #assigned = false
  #stopping = false
  #rejoining: Promise<void> | undefined
  /** Batches are decoded one after another, even if the group moves on while one waits for the registry. */
  #intake: Promise<void> = Promise.resolve()

  constructor(options: RedisSinkOptions) {
    this.#options = options
    this.#topic = options.topicPrefix + topics.artistTotalsLive.name
    this.#store = new TotalsStore(options.redis)
    this.#report = new PositionReport(this.#topic, options.log, async (offsets) =>
      this.#consumer?.commit(offsets),
    )
    this.#loop = new StepLoop({
      ...options,
      pending: this.#pending,
      takeRefused: () => this.#refused.splice(0),
      apply: (step) => this.#store.apply(this.#topicId, step),
      onApplied: (step) => this.#onApplied(step),
      onMoved: () => this.#rejoin(),
      minGapMs: options.minGapMs ?? DEFAULT_MIN_GAP_MS,
      fullAt: FULL_AT,
    })
  }

  ready(): boolean {
    return this.#assigned && !this.#stopping && this.#store.connected && !this.#loop.failing
  }

  async start(): Promise<void> {
    await this.#persist('connecting to Redis', () => this.#store.connect())
    await this.#join()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#loop.finish(STOP_WITHIN_MS)
    await this.#rejoining
    await this.#report.finish()
    await this.#consumer?.stop()
    this.#store.close()
  }

  async #join(): Promise<void> {
    const { kafka, applicationId, crash, log } = this.#options
    this.#consumer = await consumePartitions({
      kafka,
      groupId: redisGroup(applicationId),
      topics: [this.#topic],
      isolation: 'read_uncommitted',
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => this.#release(lost),
      onBatch: (batch, heartbeat) => this.#accept(batch, heartbeat),
      crash,
      log,
    })
  }

  /** Redis lost what it had, or another process wrote there: joins the group anew, and reads from where Redis stands. */
  #rejoin(): void {
    this.#options.log.warn('Redis stands elsewhere than this sink left it: reading on from there')
    this.#assigned = false
    this.#pending.clear()
    this.#rejoining ??= this.#leaveAndJoin()
      .catch((error: unknown) => this.#options.crash(error))
      .finally(() => (this.#rejoining = undefined))
  }

  async #leaveAndJoin(): Promise<void> {
    await this.#consumer?.stop()
    this.#pending.clear()
    if (!this.#stopping) await this.#join()
  }

  async #takeOver(gained: TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    const held = await this.#persist('taking over partitions', async () => {
      const [ids, earliest] = await Promise.all([
        topicIds(this.#options.kafka, [this.#topic]),
        earliestOffsets(this.#options.kafka, [this.#topic]),
      ])
      this.#topicId = ids.get(this.#topic)!
      const asked = gained.map((each) => [each.partition, earliest.get(partitionKey(each)) ?? 0n] as const)
      return this.#store.begin(this.#topicId, new Map(asked))
    })
    for (const [partition, position] of held) this.#pending.assign(partition, position)
    this.#assigned = true
    return new Map(
      [...held].map(([partition, offset]) => [partitionKey({ topic: this.#topic, partition }), offset]),
    )
  }

  #release(lost: TopicPartition[]): Promise<void> {
    for (const { partition } of lost) {
      this.#pending.drop(partition)
      this.#report.drop(partition)
    }
    return Promise.resolve()
  }

  /** Takes the whole batch, whatever the heartbeat says: it is not fetched again. */
  async #accept(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void> {
    const { topic, partition, nextOffset, highWatermark } = batch
    this.#options.metrics.lag.set({ sink: 'redis', topic, partition }, Number(highWatermark - nextOffset))
    const pending = this.#pending.of(partition)
    if (pending === undefined) return
    this.#intake = this.#intake.then(() => this.#decode(batch, pending)).catch(this.#options.crash)
    await heartbeatUntil(this.#intake, heartbeat)
  }

  async #decode({ records, nextOffset }: FetchedBatch, pending: PendingPartition): Promise<void> {
    const { codec } = this.#options
    await codec.load(records.map(({ value }) => value))
    for (const record of records) {
      takeOrRefuse(
        record,
        () => pending.add(record.offset, codec.decode(topics.artistTotalsLive, record.value)),
        (refused) => this.#refused.push(refused),
      )
      if (this.#loop.full) await this.#loop.relieved()
    }
    pending.cover(nextOffset)
    this.#loop.wake()
  }

  #onApplied({ partitions }: Step): void {
    for (const { partition, next, totals } of partitions) {
      this.#options.metrics.rows.inc({ sink: 'redis', topic: this.#topic }, totals.length)
      this.#report.moved(partition, next)
    }
  }

  #persist<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return retrying(attempt, {
      what,
      log: this.#options.log,
      transient: isPassing,
      pointless: () => this.#stopping,
    })
  }
}
