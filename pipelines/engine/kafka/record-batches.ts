import type { Kafka, Transaction } from 'kafkajs'
import { OutgoingRecords } from '../outgoing-records.ts'
import { partitionOf } from '../raw-record.ts'
import { OutgoingBatches } from './outgoing-batches.ts'

/** Records for one topic, in their order. Their keys say where they go. */
interface TopicRecords {
  /** Name without prefix. */
  topic: string
  records: readonly { key: string; value: Buffer; headers?: Record<string, Buffer> }[]
}

/** Where what was sent to a partition ends. */
interface SentTo {
  topic: string
  partition: number
  /** The offset behind the last record. */
  end: bigint
}

/**
 * Sends records in batches of the engine instead of kafkajs's messages, for those who do not know the engine. One for each producer: it
 * numbers what that one sends. After an error it is not to be used again.
 */
export function recordBatches(kafka: Kafka, topicPrefix: string) {
  const batches = new OutgoingBatches(kafka)
  return async (
    transaction: Pick<Transaction, 'sendBatch'>,
    all: readonly TopicRecords[],
  ): Promise<SentTo[]> => {
    const outgoing = all.map(({ topic, records }) => {
      const out = new OutgoingRecords(topic)
      for (const { key, value, headers } of records) {
        out.values.bytes(value)
        out.add(key, undefined, headers)
      }
      return out
    })
    const ends = await batches.send(transaction, outgoing, (topic) => topicPrefix + topic)
    return [...ends].map(([key, end]) => {
      const { topic, partition } = partitionOf(key)
      return { topic: topic.slice(topicPrefix.length), partition, end }
    })
  }
}
