import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { RawRecord, TopicPartition } from '../raw-record.ts'

/** Records of one partition in offset order, as one fetch brought them. */
export interface FetchedBatch extends TopicPartition {
  records: RawRecord[]
  /** The first offset that the fetch does not cover; control and aborted records are behind it. */
  nextOffset: bigint
  highWatermark: bigint
  /** The first offset that could not be read by that fetch: of committed records the last stable one. */
  readableEnd: bigint
}

/** A record of ours from a message of kafkajs. */
export function rawRecord({ topic, partition }: TopicPartition, message: KafkaMessage): RawRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: ownHeaders(message.headers ?? {}),
  }
}

/**
 * kafkajs gathers headers in a plain object, where one that is called like a member of every object, `toString`, meets that
 * member and is listed beside it: what is no bytes was never in the record.
 */
function ownHeaders(headers: IHeaders): IHeaders {
  if (!Object.keys(headers).some((name) => name in Object.prototype)) return headers
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, [values].flat().filter(Buffer.isBuffer)]),
  )
}
