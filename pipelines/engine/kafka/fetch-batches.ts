import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { type TopicPartition, partitionKey } from '../raw-record.ts'
import { committedBatches } from './aborted-filter.ts'
import { type PartitionResponse, decodeFetchV11 } from './fetch-response.ts'
import { carrierOf } from './fetched.ts'
import { kafkajsMessages } from './kafkajs-messages.ts'
import type { Exchange } from './protocol.ts'
import { type RecordBatch, readBatches } from './record-batch/record-batch.ts'

/** What one fetch has found of a partition. */
export interface PartitionFetch extends TopicPartition {
  /** The first offset that the fetch does not cover. */
  nextOffset: bigint
  /** The first offset that could not be read: the last stable one, or the high watermark if uncommitted records are read. */
  readableEnd: bigint
  /** The first offset that had not been written. */
  highWatermark: bigint
  /** Whether it may have found a record that the consumer is given: the consumer then hears of it, and not only the observer. */
  hasRecords: boolean
}

interface FetchRequest {
  topics: { topic: string; partitions: { partition: number; fetchOffset: string }[] }[]
}

interface FetchDefinition {
  protocol: (chosen: { version: number }) => (request: FetchRequest) => Exchange<unknown>
}

type Observe = (fetched: PartitionFetch) => void

/** Kafka 2.3. */
const FETCH_VERSION = 11

const reading = new AsyncLocalStorage<Observe>()

/**
 * Hands whole batches to the consumer that `run` starts, see `fetchedIn`, and has `observe` told of every fetch: kafkajs keeps to
 * itself those that have found nothing, so whoever waits for one of two inputs would not learn that there is nothing to wait for.
 */
export const readingBatches = <T>(run: () => Promise<T>, observe: Observe = () => undefined): Promise<T> =>
  reading.run(observe, run)

/**
 * Has what kafkajs fetches read by {@link readBatches}: each batch checked, none of an aborted transaction let through, whatever it was
 * compressed with. Consumers that {@link readingBatches} has not started get kafkajs's messages, made from the same batches.
 */
export function installFetchedBatches(): void {
  const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests') as {
    requests: { Fetch: FetchDefinition & { versions: string[] } }
  }
  const { protocol } = requests.Fetch
  requests.Fetch = {
    versions: [String(FETCH_VERSION)],
    protocol: (chosen) => (request) => {
      const observe = reading.getStore()
      const exchange = protocol(chosen)(request)
      const decode = (bytes: Buffer) =>
        new Promise((resolve) => {
          resolve(fetchedMessages(bytes, request, observe))
        })
      return { ...exchange, response: { ...exchange.response, decode } }
    },
  }
}

/** A fetch's response as kafkajs takes it. */
function fetchedMessages(bytes: Buffer, { topics }: FetchRequest, observe: Observe | undefined) {
  const wanted = new Map(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => [
        partitionKey({ topic, partition }),
        BigInt(fetchOffset),
      ]),
    ),
  )
  const { responses, ...rest } = decodeFetchV11(bytes)
  return {
    ...rest,
    responses: responses.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map((each) => {
        const place = { topic: topicName, partition: each.partition }
        return fetchedPartition(place, wanted.get(partitionKey(place)) ?? 0n, each, observe)
      }),
    })),
  }
}

/** One partition as kafkajs takes it, of which the request wanted what is at `from` and behind. */
function fetchedPartition(
  place: TopicPartition,
  from: bigint,
  { partition, errorCode, highWatermark, preferredReadReplica, ...found }: PartitionResponse,
  observe: Observe | undefined,
) {
  const batches = readBatches(place, found.records, from)
  const committed = committedBatches(batches, found.abortedTransactions)
  // A broker that was asked for uncommitted records, too, says -1.
  const readableEnd = found.lastStableOffset >= 0n ? found.lastStableOffset : highWatermark
  const fetch = { ...place, ...coverage(batches, committed, from), readableEnd, highWatermark }
  observe?.(fetch)
  const messages =
    observe === undefined
      ? kafkajsMessages(batches, committed, from)
      : carrierOf(batches, committed, from, readableEnd)
  return {
    partition,
    errorCode,
    highWatermark: String(highWatermark),
    preferredReadReplica,
    abortedTransactions: [],
    messages,
  }
}

function coverage(batches: RecordBatch[], committed: RecordBatch[], from: bigint) {
  const last = batches.at(-1)
  const behind = last === undefined ? 0n : last.lastOffset + 1n
  return {
    nextOffset: behind > from ? behind : from,
    hasRecords: committed.some(({ lastOffset, count }) => lastOffset >= from && count > 0),
  }
}
