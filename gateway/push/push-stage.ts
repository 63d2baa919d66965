import { setTimeout as delay } from 'node:timers/promises'
import { type Kafka, Partitioners } from 'kafkajs'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { type PartitionConsumer, consumePartitions } from '../../pipelines/engine/kafka/consume-partitions.ts'
import type { FetchedBatch } from '../../pipelines/engine/kafka/fetched.ts'
import { InTurn } from '../../pipelines/engine/kafka/in-turn.ts'
import type { TopologyStatus } from '../../pipelines/engine/kafka/task-status.ts'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'
import type { Codec } from '../../schemas/codec.ts'
import { type WebPushDevice, subscriptionKey } from '../../schemas/push-subscriptions.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import { topics } from '../../schemas/topics.ts'
import { Courier } from './courier.ts'
import { Devices } from './devices.ts'
import { type Followed, follow } from './follow.ts'
import { Ledger, REMEMBERED_MS } from './ledger.ts'
import { type PushMetrics, pushMetrics } from './metrics.ts'
import { Notifications, type PushReplays, type Refused } from './notifications.ts'
import { OpenOffsets } from './open-offsets.ts'
import { OutcomeLog } from './outcome-log.ts'
import type { PushProvider } from './provider.ts'
import { Queue } from './queue.ts'
import { Sender } from './sender.ts'
import { Settings } from './settings.ts'
import { Templates } from './templates.ts'

export interface PushStageOptions {
  kafka: Kafka
  /** With the topics registered that are read and written here. */
  codec: Codec
  topicPrefix: string
  /** Names the consumer group: `<applicationId>.push`. */
  applicationId: string
  provider: PushProvider<WebPushDevice>
  /** Opens subscriptions. */
  key: SealingKey
  /** Whether a listener is looking at the page. */
  isPresent(listener: string): Promise<boolean>
  /** Sets records aside that cannot be read; `reason` is snake_case. A `letter` goes back as it is. Resolves when they are safe. */
  putAside(records: Refused[]): Promise<void>
  replays: PushReplays
  /** Pushes in 24 hours, for a listener who has not said. */
  pushesADay: number
  metrics: Registry
  crash(error: unknown): void
  log: Logger
}

/** How far a partition is. */
interface Reading extends TopicPartition {
  offsets: OpenOffsets
  committed?: bigint
}

export interface PushStage {
  /** Whether it has its partitions. */
  ready(): boolean
  /** How far it is with each partition of notifications at this moment. */
  status(): TopologyStatus
  /** Finishes what is being sent, commits, leaves the group. */
  stop(): Promise<void>
}

/** Notifications that are attended to at a time. */
const AT_A_TIME = 500
/** After so long a push whose answer was not recorded will have none any more: a provider gives up before. */
const ANSWER_WITHIN_MS = 45_000
const COMMIT_EVERY_MS = 1_000
const STOP_WITHIN_MS = 5_000
const FORGET_EVERY_MS = 3_600_000
/** Kafka may be away for minutes; what is to be written waits for it. */
const PATIENCE = { retries: 30, maxRetryTime: 10_000 }

/**
 * Brings notifications to devices. The topic is the queue: its group stands at the oldest notification that is not done with, and what has become of
 * each is in `push-outcomes`, before and after it is sent, so that a start after a crash goes on where the last one stood.
 * @throws PushError if a template is not as it should be
 */
export async function startPushStage(options: PushStageOptions): Promise<PushStage> {
  const stage = new Stage(options)
  await stage.start()
  return stage
}

class Stage implements PushStage {
  readonly #options: PushStageOptions
  readonly #notifications: Notifications
  readonly #settings = new Settings()
  readonly #devices = new Devices()
  readonly #ledger = new Ledger()
  readonly #metrics: PushMetrics
  readonly #producer
  readonly #queue: Queue
  /** By {@link partitionKey}. */
  readonly #reading = new Map<string, Reading>()
  readonly #inTurn: InTurn
  readonly #timers: NodeJS.Timeout[] = []
  #followed: Followed[] = []
  #outcomes: Followed | undefined
  #consumer: PartitionConsumer | undefined
  #assigned = false
  #stopping = false

  constructor(options: PushStageOptions) {
    const { kafka, codec, topicPrefix, metrics: registry, crash } = options
    this.#options = options
    this.#inTurn = new InTurn(crash)
    this.#notifications = new Notifications(options)
    this.#metrics = pushMetrics(registry, () => this.#queue.size)
    this.#producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      retry: PATIENCE,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
    const outcomes = new OutcomeLog({
      producer: this.#producer,
      codec,
      topicPrefix,
      now: Date.now,
      onWritten: (outcome) => {
        this.#ledger.take(outcome)
        this.#metrics.outcome(outcome)
      },
    })
    const shared = {
      ...options,
      metrics: this.#metrics,
      now: Date.now,
      settings: this.#settings,
      devices: this.#devices,
    }
    const courier = new Courier({
      ...shared,
      ledger: this.#ledger,
      outcomes,
      answerWithinMs: ANSWER_WITHIN_MS,
      sender: new Sender({ ...shared, templates: new Templates() }),
      takeBack: (listener, deviceId) => this.#takeBack([subscriptionKey(listener, deviceId)]),
    })
    this.#queue = new Queue({ handler: courier, concurrency: AT_A_TIME, now: Date.now, crash })
  }

  ready(): boolean {
    return this.#assigned && !this.#stopping
  }

  status(): TopologyStatus {
    return { topology: 'push', tasks: this.#consumer?.tasks() ?? [] }
  }

  async start(): Promise<void> {
    const { kafka, applicationId, crash, log } = this.#options
    const shared = { ...this.#options, unreadable: (topic: string) => this.#metrics.unreadable(topic) }
    await this.#producer.connect()
    this.#outcomes = await follow({
      ...shared,
      topic: topics.pushOutcomes,
      since: Date.now() - REMEMBERED_MS,
      take: (outcome) => this.#ledger.take(outcome),
    })
    this.#followed = [
      this.#outcomes,
      await follow({
        ...shared,
        topic: topics.preferencesClean,
        take: (preference) => {
          this.#settings.take(preference)
          this.#queue.wake(preference.listener)
        },
      }),
      await follow({
        ...shared,
        topic: topics.pushSubscriptions,
        take: (subscription) => this.#devices.put(subscription),
        remove: (key) => {
          const [listener, deviceId] = key.split('.') as [string, string]
          this.#devices.delete(listener, deviceId)
        },
      }),
    ]
    await this.#takeBack(this.#devices.outdated)
    this.#consumer = await consumePartitions({
      kafka,
      groupId: `${applicationId}.push`,
      isolation: 'read_committed',
      topics: this.#notifications.topics,
      onAssigned: () => this.#takeOver(),
      onRevoked: (lost) => this.#release(lost),
      onBatch: (batch, heartbeat) => this.#accept(batch, heartbeat),
      crash,
      log,
    })
    this.#timers.push(
      setInterval(() => void this.#commit(), COMMIT_EVERY_MS),
      setInterval(() => {
        this.#ledger.forget(Date.now())
        this.#takeBack(this.#devices.outdated).catch(crash)
      }, FORGET_EVERY_MS),
    )
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#timers.forEach(clearInterval)
    // What a push service has not answered by then is in doubt, and the next start's.
    await Promise.race([this.#queue.stop(), delay(STOP_WITHIN_MS, undefined, { ref: false })])
    await this.#commit()
    await this.#consumer?.stop()
    await Promise.all(this.#followed.map((each) => each.stop()))
    await this.#producer.disconnect()
  }

  /** What the former owner has told is known before anything is sent. */
  async #takeOver(): Promise<ReadonlyMap<string, bigint>> {
    await this.#outcomes!.caughtUp()
    this.#assigned = true
    return new Map()
  }

  #release(lost: readonly TopicPartition[]): void {
    this.#queue.drop(new Set(lost.map(({ partition }) => partition)))
    for (const each of lost) this.#reading.delete(partitionKey(each))
  }

  #accept(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void> {
    const { topic, partition } = batch
    const reading = this.#reading.get(partitionKey(batch)) ?? { topic, partition, offsets: new OpenOffsets() }
    this.#reading.set(partitionKey(batch), reading)
    return this.#inTurn.take(() => this.#take(batch, reading), heartbeat)
  }

  async #take({ topic, partition, records, nextOffset }: FetchedBatch, reading: Reading): Promise<void> {
    const { offsets } = reading
    const isOurs = () => this.#reading.get(partitionKey(reading)) === reading
    for await (const { offset, notification, refused } of this.#notifications.read(topic, records)) {
      if (!isOurs()) return
      if (refused !== undefined) await this.#options.putAside([refused])
      else if (notification !== undefined && !this.#ledger.isSettled(notification.notificationId)) {
        offsets.begin(offset)
        this.#queue.add({ notification, partition, others: 0, isOurs, settled: () => offsets.end(offset) })
        if (this.#queue.full) await this.#queue.room()
      }
    }
    offsets.cover(nextOffset)
  }

  /** Takes subscriptions off the list, by their keys. */
  async #takeBack(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    const topic = this.#options.topicPrefix + topics.pushSubscriptions.name
    await this.#producer.send({ topic, acks: -1, messages: keys.map((key) => ({ key, value: null })) })
  }

  async #commit(): Promise<void> {
    const moved = [...this.#reading.values()].flatMap((reading) => {
      const { position } = reading.offsets
      return position === undefined || position === reading.committed ? [] : [{ reading, offset: position }]
    })
    if (moved.length === 0) return
    try {
      await this.#consumer!.commit(
        moved.map(({ reading: { topic, partition }, offset }) => ({ topic, partition, offset })),
      )
      for (const { reading, offset } of moved) reading.committed = offset
    } catch (error) {
      // The next start reads again what is done with, and finds that it is.
      this.#options.log.warn({ err: error }, 'the position in notifications is not committed; trying again')
    }
  }
}
