import type { Topic } from '../../schemas/topic.ts'
import { type PartitionConsumer, consumePartitions } from '../../pipelines/engine/kafka/consume-partitions.ts'
import { partitionEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'
import type { FetchedBatch } from '../../pipelines/engine/kafka/fetched.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import type { TopologyStatus } from '../../pipelines/engine/kafka/task-status.ts'
import { Attempts } from '../attempts.ts'
import { takeOrRefuse } from '../decode.ts'
import { Intake } from '../intake.ts'
import { observeLatency } from '../metrics.ts'
import type { RunningSink, SinkOptions } from '../running-sink.ts'
import { type PendingPartition, PendingRows, type Step } from './pending-rows.ts'
import { PositionReport } from './position-report.ts'
import { ReplayedLetters } from './replayed-letters.ts'
import { type RedisStore, isPassing } from './redis-store.ts'
import { StepLoop } from './step-loop.ts'

export interface RedisSinkOptions extends SinkOptions {
  /** Milliseconds from the start of a step to the start of the next. Default: 15, at most 66 messages a second. */
  minGapMs?: number
}

/** What of Kafka goes where in Redis. */
export interface RedisFeed<V extends { receivedAt: number }> {
  /** The sink's name, in metrics. */
  sink: string
  /** What it is called as a stage: its group behind the id of the application. */
  stage: string
  groupId: string
  /** Whose values are read. */
  topic: Topic<V>
  /** What it is called without prefix, which may be a version's of the same shape. */
  topicName: string
  isolation: 'read_committed' | 'read_uncommitted'
  /** Of values with the same key only the last counts. */
  keyOf(value: V): string
  store: RedisStore<V>
}

const DEFAULT_MIN_GAP_MS = 15
const FULL_AT = 500

/** Carries a topic into Redis. It reads on from where Redis stands, whatever the group has committed. */
export async function startSink<V extends { receivedAt: number }>(
  feed: RedisFeed<V>,
  options: RedisSinkOptions,
): Promise<RunningSink> {
  const sink = new RedisSink(feed, options)
  await sink.start()
  return sink
}

class RedisSink<V extends { receivedAt: number }> implements RunningSink {
  readonly #feed: RedisFeed<V>
  readonly #options: RedisSinkOptions
  readonly #topic: string
  readonly #store: RedisStore<V>
  readonly #pending: PendingRows<V>
  readonly #attempts: Attempts
  readonly #intake: Intake
  readonly #loop: StepLoop<V>
  readonly #report: PositionReport
  readonly #replayed: ReplayedLetters<V> | undefined
  #topicId = ''
  #consumer: PartitionConsumer | undefined
  #assigned = false
  #stopping = false
  #rejoining: Promise<void> | undefined
  /** How often Redis has been found elsewhere. */
  #moves = 0

  constructor(feed: RedisFeed<V>, options: RedisSinkOptions) {
    const { sink, store } = feed
    const { metrics, log, minGapMs = DEFAULT_MIN_GAP_MS } = options
    this.#feed = feed
    this.#options = options
    this.#topic = options.topicPrefix + feed.topicName
    this.#store = store
    this.#pending = new PendingRows(feed.keyOf)
    this.#attempts = new Attempts({ ...options, sink, transient: isPassing })
    this.#intake = new Intake({ sink, metrics, crash: this.#attempts.crash })
    this.#report = new PositionReport(this.#topic, log, async (offsets) => this.#consumer?.commit(offsets))
    const { replays } = options
    this.#replayed =
      replays &&
      new ReplayedLetters({
        ...options,
        feed,
        replays,
        letterTopic: this.#topic,
        attempts: this.#attempts,
        onMoved: () => this.#rejoin(),
      })
    this.#loop = new StepLoop({
      sink,
      attempts: this.#attempts,
      pending: this.#pending,
      apply: (step) => this.#store.apply(this.#topicId, step),
      onApplied: (step) => this.#onApplied(step),
      onMoved: () => this.#rejoin(),
      minGapMs,
      fullAt: FULL_AT,
      metrics,
    })
  }

  ready(): boolean {
    return this.#assigned && !this.#stopping && this.#store.connected && !this.#attempts.failing
  }

  status(): TopologyStatus {
    return { topology: this.#feed.stage, tasks: this.#consumer?.tasks() ?? [] }
  }

  async start(): Promise<void> {
    await this.#attempts.run('connecting to Redis', () => this.#store.connect())
    await this.#join()
    await this.#replayed?.start()
  }

  async putInService(): Promise<void> {
    await this.#attempts.run('putting a version in service', async () => this.#store.serve?.())
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#attempts.finish(this.#loop.drained())
    await this.#rejoining
    await this.#report.finish()
    await Promise.all([this.#consumer?.stop(), this.#replayed?.stop()])
    this.#store.close()
  }

  async #join(): Promise<void> {
    const { kafka, log } = this.#options
    this.#consumer = await consumePartitions({
      kafka,
      groupId: this.#feed.groupId,
      topics: [this.#topic],
      isolation: this.#feed.isolation,
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => {
        this.#release(lost)
      },
      onBatch: (batch, heartbeat) => this.#accept(batch, heartbeat),
      crash: this.#attempts.crash,
      log,
    })
  }

  /** Redis lost what it had, or another process wrote there: joins the group anew, and reads from where Redis stands. */
  #rejoin(): void {
    this.#options.log.warn('Redis stands elsewhere than this sink left it: reading on from there')
    this.#assigned = false
    this.#moves += 1
    this.#releaseAll()
    this.#rejoining ??= this.#leaveAndJoin()
      .catch(this.#attempts.crash)
      .finally(() => (this.#rejoining = undefined))
  }

  async #leaveAndJoin(): Promise<void> {
    let joinedAt: number
    do {
      await Promise.all([this.#consumer?.stop(), this.#replayed?.stop()])
      this.#releaseAll()
      if (this.#stopping) return
      // Redis may be found elsewhere once more before both have joined.
      joinedAt = this.#moves
      await this.#join()
      await this.#replayed?.start()
    } while (joinedAt !== this.#moves)
  }

  async #takeOver(gained: TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    const held = await this.#attempts.run('taking over partitions', async () => {
      const [ids, ends] = await Promise.all([
        topicIds(this.#options.kafka, [this.#topic]),
        partitionEnds(this.#options.kafka, [this.#topic]),
      ])
      this.#topicId = ids.get(this.#topic)!
      const asked = gained.map((each) => [each.partition, ends.get(partitionKey(each))?.low ?? 0n] as const)
      return this.#store.begin(this.#topicId, new Map(asked))
    })
    for (const [partition, position] of held) this.#pending.assign(partition, position)
    this.#assigned = true
    return new Map(
      [...held].map(([partition, offset]) => [partitionKey({ topic: this.#topic, partition }), offset]),
    )
  }

  #release(lost: TopicPartition[]): void {
    for (const { partition } of lost) {
      this.#pending.drop(partition)
      this.#report.drop(partition)
    }
    this.#intake.forget(lost)
  }

  #releaseAll(): void {
    this.#release(this.#pending.partitions.map((partition) => ({ topic: this.#topic, partition })))
  }

  async #accept(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void> {
    const pending = this.#pending.of(batch.partition)
    if (pending !== undefined) await this.#intake.accept(batch, heartbeat, () => this.#take(batch, pending))
  }

  async #take({ records, nextOffset }: FetchedBatch, pending: PendingPartition<V>): Promise<void> {
    const { codec } = this.#options
    await codec.load(records.map(({ value }) => value))
    for (const record of records) {
      takeOrRefuse(
        record,
        () => pending.add(record.offset, codec.decode(this.#feed.topic, record.value)),
        (refused) => pending.refuse({ ...refused, topicId: this.#topicId }),
      )
      if (this.#loop.full) await this.#loop.relieved()
    }
    pending.cover(nextOffset)
    this.#loop.wake()
  }

  #onApplied({ partitions, receivedAt }: Step<V>): void {
    const { metrics } = this.#options
    const labels = { sink: this.#feed.sink, topic: this.#topic }
    observeLatency(metrics, labels, receivedAt)
    for (const { partition, next, rows } of partitions) {
      metrics.rows.inc(labels, rows.length)
      this.#report.moved(partition, next)
    }
  }
}
