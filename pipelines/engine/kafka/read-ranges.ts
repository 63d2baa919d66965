import type { Batch, Kafka } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import { type RawRecord, type TopicPartition, partitionKey } from '../raw-record.ts'
import { type Cluster, type ClusterBroker, withCluster } from './cluster.ts'
import { readingBatches } from './fetch-batches.ts'
import { fetchedIn } from './fetched.ts'
import { partitionEnds } from './offsets.ts'

/** What is to be read of a partition: from an offset on, up to the first that need not be read. */
export interface OffsetRange extends TopicPartition {
  from: bigint
  until: bigint
}

export interface RangesToRead {
  kafka: Kafka
  ranges: readonly OffsetRange[]
  /**
   * Told of each fetch, in order for each partition, each record once; `next` is the first offset not read yet. There may be no
   * records, where transactions ended or were aborted. It may be told of more than its range. The next is told when this has been taken,
   * whoever leads it. What it throws ends the reading: a failed fetch is read again, and this would be passed over.
   */
  onRead(partition: TopicPartition, records: RawRecord[], next: bigint): void | Promise<void>
  /** How much of a partition is fetched at a time. Default: 1 MiB. */
  bytesAFetch?: number
  /** Reads records of transactions that are open or aborted, too. */
  uncommitted?: boolean
  /** Ends the reading early. */
  signal?: AbortSignal
}

/** What is left to read of a range. */
interface Rest extends TopicPartition {
  next: bigint
  readonly until: bigint
}

/** One fetch's part of a partition. */
interface Portion {
  rest: Rest
  records: () => RawRecord[]
  next: bigint
}

/** Tells of what is read, one fetch after the other, until it is not taken. */
class Taking {
  /** What {@link RangesToRead.onRead} has thrown. */
  failed: { error: unknown } | undefined
  readonly #options: RangesToRead
  #turn = Promise.resolve()

  constructor(options: RangesToRead) {
    this.#options = options
  }

  get isOver(): boolean {
    return this.failed !== undefined || this.#options.signal?.aborted === true
  }

  take({ rest, records, next }: Portion): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.failed !== undefined) return
      try {
        await this.#options.onRead(rest, records(), next)
      } catch (error) {
        this.failed = { error }
      }
    })
    return this.#turn
  }
}

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const BYTES_A_FETCH = 1024 * 1024
const BYTES_OF_ALL = 16 * 1024 * 1024
/** How long a fetch waits where open transactions hold up what is to be read. */
const WAIT_MS = 100
const RETRY_MS = 100

/**
 * Reads ranges of partitions, committed records only unless it is told otherwise, from the brokers that lead them. No group is joined for it, which takes
 * seconds and can be lost amid the reading. Ends by position and not by a last record, for a partition that transactions wrote to
 * ends in a control record. Brokers that are away are waited for.
 */
export async function readRanges(options: RangesToRead): Promise<void> {
  const left = new Set(options.ranges.filter(({ from, until }) => from < until).map(restOf))
  if (left.size === 0) return
  const taking = new Taking(options)
  await withCluster(options.kafka, async (cluster) => {
    while (left.size > 0 && !taking.isOver) {
      try {
        await cluster.addMultipleTargetTopics([...new Set([...left].map(({ topic }) => topic))])
        const leaders = [...byLeader(cluster, left)]
        if (leaders.length === 0) throw new LeaderUnknown()
        const led = leaders.map(([nodeId, rests]) =>
          readFrom(cluster, nodeId, new Set(rests), options, taking),
        )
        const ended = await Promise.allSettled(led)
        for (const each of left) if (each.next >= each.until) left.delete(each)
        for (const each of ended) if (each.status === 'rejected') throw each.reason
      } catch (error) {
        await recover(cluster, left, error, options)
      }
    }
  })
  if (taking.failed !== undefined) throw taking.failed.error
}

const restOf = ({ topic, partition, from, until }: OffsetRange): Rest => ({
  topic,
  partition,
  next: from,
  until,
})

/** A partition that is between two leaders. */
class LeaderUnknown extends Error {
  override readonly name = 'LeaderUnknown'
  readonly retriable = true
}

function byLeader(cluster: Cluster, rests: Iterable<Rest>): Map<string, Rest[]> {
  const found = new Map<string, Rest[]>()
  for (const rest of rests) {
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(rest.topic, [rest.partition]))
    if (nodeId === undefined) continue
    const led = found.get(nodeId)
    if (led === undefined) found.set(nodeId, [rest])
    else led.push(rest)
  }
  return found
}

/** Reads from one broker to the end of what it leads: it sends the next records while the last ones are taken. */
async function readFrom(
  cluster: Cluster,
  nodeId: string,
  left: Set<Rest>,
  options: RangesToRead,
  taking: Taking,
): Promise<void> {
  const broker = await cluster.findBroker({ nodeId })
  const fetch = () => fetchOnce(broker, left, options)
  let fetching = fetch()
  while (left.size > 0) {
    const portions = await fetching
    for (const { rest, next } of portions) {
      rest.next = next
      if (next >= rest.until) left.delete(rest)
    }
    if (left.size > 0 && !taking.isOver) fetching = fetch()
    // What it fails with is seen when it is waited for.
    fetching.catch(() => undefined)
    for (const portion of portions) await taking.take(portion)
    if (taking.isOver) return
  }
}

async function fetchOnce(
  broker: ClusterBroker,
  left: ReadonlySet<Rest>,
  { bytesAFetch = BYTES_A_FETCH, uncommitted = false }: RangesToRead,
): Promise<Portion[]> {
  const wanted = new Map([...left].map((rest) => [partitionKey(rest), rest]))
  const topics = Map.groupBy(left, ({ topic }) => topic)
  const reading = () =>
    broker.fetch({
      replicaId: -1,
      isolationLevel: uncommitted ? READ_UNCOMMITTED : READ_COMMITTED,
      maxWaitTime: WAIT_MS,
      minBytes: 1,
      maxBytes: BYTES_OF_ALL,
      topics: [...topics].map(([topic, rests]) => ({
        topic,
        partitions: rests.map(({ partition, next }) => ({
          partition,
          fetchOffset: String(next),
          maxBytes: bytesAFetch,
        })),
      })),
    })
  const { responses } = await readingBatches(reading)
  return responses.flatMap(({ topicName: topic, partitions }) =>
    partitions.flatMap(({ partition, messages }) => {
      const rest = wanted.get(partitionKey({ topic, partition }))
      const last = messages.at(-1)
      if (rest === undefined || last === undefined) return []
      const [from, next] = [rest.next, BigInt(last.offset) + 1n]
      const records = () => fetchedIn({ messages } as unknown as Batch).records(from)
      return next > from ? [{ rest, records, next }] : []
    }),
  )
}

/** @throws what waiting does not mend. */
async function recover(
  cluster: Cluster,
  left: ReadonlySet<Rest>,
  error: unknown,
  { kafka, signal }: RangesToRead,
): Promise<void> {
  const { name, retriable } = error as { name?: string; retriable?: boolean }
  if (signal?.aborted === true) return
  if (name === 'KafkaJSOffsetOutOfRange') {
    // A topic that is deleted by time, too, has lost what was to be read.
    const ends = await partitionEnds(
      kafka,
      [...left].map(({ topic }) => topic),
    )
    let lost = false
    for (const rest of left) {
      const { low, high } = ends.get(partitionKey(rest)) ?? { low: 0n, high: 0n }
      if (rest.next > high) throw error
      lost ||= rest.next < low
      if (rest.next < low) rest.next = low
    }
    if (lost) return
  } else if (retriable !== true) throw error
  await delay(RETRY_MS)
  await cluster.refreshMetadata()
}
