import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { type TopicPartition, partitionKey } from '../raw-record.ts'

/** What one fetch has found of a partition. */
export interface PartitionFetch extends TopicPartition {
  /** The first offset that the fetch does not cover. */
  nextOffset: bigint
  /** The first offset that could not be read: the last stable one, or the high watermark if uncommitted records are read. */
  readableEnd: bigint
  /** Whether it has found a record that the consumer is given. */
  hasRecords: boolean
}

interface FetchRequest {
  topics: { topic: string; partitions: { partition: number; fetchOffset: string }[] }[]
}

interface FetchedPartition {
  partition: number
  highWatermark: string
  lastStableOffset?: string
  messages: { offset: string; isControlRecord: boolean }[]
}

interface BrokerClass {
  prototype: {
    fetch: (
      request: FetchRequest,
    ) => Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>
  }
}

const observing = new AsyncLocalStorage<(fetched: PartitionFetch) => void>()

/** Has `observe` told of every fetch of the consumer that `run` starts. */
export const observingFetches = <T>(
  observe: (fetched: PartitionFetch) => void,
  run: () => Promise<T>,
): Promise<T> => observing.run(observe, run)

/** What a response says of the partition, of which the request wanted what is at `from` and behind. */
export function partitionFetch(topic: string, from: bigint, fetched: FetchedPartition): PartitionFetch {
  const { partition, messages } = fetched
  const last = messages.at(-1)
  const behind = last === undefined ? 0n : BigInt(last.offset) + 1n
  // A broker that is asked for uncommitted records, too, says -1.
  const stable = BigInt(fetched.lastStableOffset ?? -1)
  return {
    topic,
    partition,
    nextOffset: behind > from ? behind : from,
    readableEnd: stable >= 0n ? stable : BigInt(fetched.highWatermark),
    hasRecords: messages.some(({ offset, isControlRecord }) => !isControlRecord && BigInt(offset) >= from),
  }
}

/**
 * Lets a consumer know of fetches that have found nothing. kafkajs keeps them to itself, and hands over no last stable offset;
 * so whoever waits for one of two inputs would not learn that there is nothing to wait for.
 */
export function installFetchObserver(): void {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as BrokerClass
  const { fetch } = Broker.prototype
  Broker.prototype.fetch = async function fetchObserved(request) {
    const observe = observing.getStore()
    const response = await fetch.call(this, request)
    if (observe === undefined) return response
    const wanted = new Map(
      request.topics.flatMap(({ topic, partitions }) =>
        partitions.map(
          ({ partition, fetchOffset }) => [partitionKey({ topic, partition }), BigInt(fetchOffset)] as const,
        ),
      ),
    )
    for (const { topicName, partitions } of response.responses)
      for (const each of partitions) {
        const from = wanted.get(partitionKey({ topic: topicName, partition: each.partition }))
        if (from !== undefined) observe(partitionFetch(topicName, from, each))
      }
    return response
  }
}
