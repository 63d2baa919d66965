import type { ClickHouseClient } from '@clickhouse/client'
import { type PartitionConsumer, consumePartitions } from '../../pipelines/engine/kafka/consume-partitions.ts'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'
import type { FetchedBatch } from '../../pipelines/engine/kafka/fetched.ts'
import type { TopologyStatus } from '../../pipelines/engine/kafka/task-status.ts'
import { Attempts } from '../attempts.ts'
import { takeOrRefuse } from '../decode.ts'
import { Intake } from '../intake.ts'
import { type RunningSink, type SinkOptions, sinkGroup, sinkStage } from '../running-sink.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { type ClickhouseOptions, connectClickhouse } from './client.ts'
import { type Feed, feeds } from './feeds.ts'
import { insertChunk, isTransient } from './insert.ts'
import { insertMissing } from './landed.ts'
import type { Chunk, ChunkLimits, PartitionBuffer } from './partition-buffer.ts'
import { MOST_ROWS } from './promises/promises.ts'
import { ExactlyOnceError, requireExactlyOnce } from './promises/require-exactly-once.ts'
import type { Origin } from './range.ts'
import type { RefusedRow } from './refused-row.ts'
import { ReplayedRows } from './replayed-rows.ts'
import { takeOver } from './takeover.ts'
import { VersionTables } from './version-tables.ts'

export interface ClickhouseSinkOptions extends SinkOptions {
  clickhouse: ClickhouseOptions
  /** Default: 50,000 rows, 8 MB. */
  limits?: ChunkLimits
  /** A row waits at most so many milliseconds for others. Default: 1,000. */
  maxAgeMs?: number
  /** What a version of a topology feeds, and its name; such a sink has a group of its own. Default: all that the first versions feed. */
  of?: { name: string; feeds: readonly Feed[] }
}

const DEFAULT_LIMITS: ChunkLimits = { rows: MOST_ROWS, bytes: 8_000_000 }
const DEFAULT_MAX_AGE_MS = 1_000
/** Rows wait for others anyway. */
const FETCH_BYTES = 1_000_000
const SINK = 'clickhouse'

export const clickhouseGroup = (applicationId: string, version?: string) =>
  sinkGroup(SINK, applicationId, version)

/**
 * Writes clean plays, closed windows and dead letters to ClickHouse, each record once, whatever process is killed
 * between Kafka and ClickHouse. Start it in more processes to share the partitions.
 * @throws ExactlyOnceError if ClickHouse is set up such that it cannot, TableError if it refuses
 */
export async function startClickhouseSink(options: ClickhouseSinkOptions): Promise<RunningSink> {
  const sink = new ClickhouseSink(options)
  await sink.start()
  return sink
}

/** Whether looking again could help: who changes a server's settings starts the sink again. */
const mayPass = (error: unknown) => isTransient(error) && !(error instanceof ExactlyOnceError)

class ClickhouseSink implements RunningSink {
  readonly #options: ClickhouseSinkOptions
  readonly #client: ClickHouseClient
  readonly #limits: ChunkLimits
  readonly #attempts: Attempts
  readonly #intake: Intake
  readonly #writer: ChunkWriter
  readonly #feeds: Map<string, Feed>
  readonly #replayed: ReplayedRows | undefined
  readonly #tables: VersionTables
  readonly #groupId: string
  readonly #buffers = new Map<string, PartitionBuffer>()
  #consumer: PartitionConsumer | undefined
  #assigned = false
  #stopping = false

  constructor(options: ClickhouseSinkOptions) {
    const { metrics, limits = DEFAULT_LIMITS, maxAgeMs = DEFAULT_MAX_AGE_MS } = options
    this.#options = options
    this.#client = connectClickhouse(options.clickhouse)
    this.#tables = new VersionTables(this.#client)
    this.#groupId = clickhouseGroup(options.applicationId, options.of?.name)
    this.#limits = limits
    this.#feeds = new Map(
      (options.of?.feeds ?? feeds).map((feed) => [options.topicPrefix + feed.topic.name, feed]),
    )
    const { replays } = options
    this.#replayed = replays && new ReplayedRows({ ...options, ...replays, feeds: this.#feeds })
    this.#attempts = new Attempts({ ...options, sink: SINK, transient: mayPass })
    this.#intake = new Intake({ sink: SINK, metrics, crash: this.#attempts.crash })
    this.#writer = new ChunkWriter({
      attempts: this.#attempts,
      buffers: () => this.#buffers.values(),
      insert: ({ origin }, chunk) =>
        origin.topic === this.#replayed?.topic
          ? this.#replayed.insert(this.#client, this.#tables, origin, chunk)
          : this.#insert(this.#feeds.get(origin.topic)!, origin, chunk),
      receivedAt: ({ record }) => this.#feeds.get(record.topic)?.receivedAt(options.codec, record),
      commit: (offsets) => this.#consumer!.commit(offsets),
      replayTopic: this.#replayed?.topic,
      limits,
      maxAgeMs,
      metrics,
    })
  }

  ready(): boolean {
    return this.#assigned && !this.#stopping && !this.#attempts.failing
  }

  status(): TopologyStatus {
    return { topology: sinkStage(SINK, this.#options.of?.name), tasks: this.#consumer?.tasks() ?? [] }
  }

  async start(): Promise<void> {
    const { kafka, log } = this.#options
    await this.#attempts.run('looking at ClickHouse', () => this.#requireExactlyOnce())
    this.#consumer = await consumePartitions({
      kafka,
      groupId: this.#groupId,
      topics: [...this.#feeds.keys(), ...(this.#replayed === undefined ? [] : [this.#replayed.topic])],
      isolation: 'read_committed',
      minBytes: FETCH_BYTES,
      onAssigned: (gained) => this.#takeOver(gained),
      onRevoked: (lost) => {
        this.#release(lost)
      },
      onBatch: (batch, heartbeat) => this.#accept(batch, heartbeat),
      crash: this.#attempts.crash,
      log,
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#attempts.finish(this.#writer.drained())
    await this.#consumer?.stop()
    await this.#client.close()
  }

  async #requireExactlyOnce(): Promise<void> {
    const tables = await Promise.all([...this.#feeds.values()].map((feed) => this.#tables.nameOf(feed)))
    await requireExactlyOnce(this.#client, tables, this.#options.log)
  }

  async #takeOver(gained: TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    const { kafka, log } = this.#options
    const options = {
      kafka,
      groupId: this.#groupId,
      client: this.#client,
      tableOf: (topic: string) => {
        const feed = this.#feeds.get(topic)
        return feed && this.#tables.nameOf(feed)
      },
      limits: this.#limits,
      log,
    }
    const taken = await this.#attempts.run('taking over partitions', () => takeOver(gained, options))
    for (const { buffer } of taken) this.#buffers.set(partitionKey(buffer.origin), buffer)
    this.#assigned = true
    this.#writer.wake()
    return new Map(taken.map(({ buffer, position }) => [partitionKey(buffer.origin), position]))
  }

  #insert(feed: Feed, origin: Origin, chunk: Chunk): Promise<RefusedRow | undefined> {
    const insert = chunk.isRepeated ? insertMissing : insertChunk
    return this.#tables.use(feed, (table) => insert(this.#client, { ...feed, table }, origin, chunk))
  }

  #release(lost: TopicPartition[]): void {
    for (const key of lost.map(partitionKey)) {
      const buffer = this.#buffers.get(key)
      if (buffer !== undefined) buffer.lost = true
      this.#buffers.delete(key)
    }
    this.#intake.forget(lost)
  }

  async #accept(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<void> {
    const buffer = this.#buffers.get(partitionKey(batch))
    if (buffer !== undefined) await this.#intake.accept(batch, heartbeat, () => this.#take(batch, buffer))
  }

  async #take({ topic, records, nextOffset }: FetchedBatch, buffer: PartitionBuffer): Promise<void> {
    const { codec } = this.#options
    const { topicId } = buffer.origin
    await codec.load(records.map(({ value }) => value))
    const feed = this.#feeds.get(topic)
    if (feed === undefined) await this.#replayed!.take(records, buffer, () => this.#written())
    for (const record of feed === undefined ? [] : records) {
      // A deletion is no row, and nothing is wrong with it.
      if (record.value === null && feed!.skipsDeletions) continue
      takeOrRefuse(
        record,
        () => buffer.append(record.offset, feed!.row(codec, record, topicId), { record, topicId }),
        (refused) => buffer.refuse({ ...refused, topicId }),
      )
    }
    buffer.cover(nextOffset)
    await this.#written()
  }

  /** Resolves when there is room for more. */
  #written(): Promise<void> {
    this.#writer.wake()
    return this.#writer.relieved()
  }
}
