import { createRequire } from 'node:module'
import { type Encoder, type Exchange, encoder } from './protocol.ts'
import type { TopicPartition } from '../raw-record.ts'

/** Who sends a batch, and to where. */
export interface BatchSender extends TopicPartition {
  producerId: bigint
  producerEpoch: number
}

/** Records of one partition that have been encoded: they are numbered as they are sent, and sent once. */
export interface ReadyBatch {
  /** Its bytes, valid until the next batch of the partition is begun. */
  seal(sender: BatchSender): Buffer
}

/** What kafkajs takes for a message of a partition. */
interface BatchMessage {
  partition: number
  value: null
  batch: ReadyBatch
}

export interface ProduceRequest {
  acks: number
  timeout: number
  transactionalId?: string | null
  producerId: unknown
  producerEpoch: number
  topicData: { topic: string; partitions: { partition: number; messages: Partial<BatchMessage>[] }[] }[]
}

interface ProduceDefinition {
  versions: string[]
  protocol: (chosen: { version: number }) => (request: ProduceRequest) => Exchange<unknown>
}

/** Kafka 2.1. */
const PRODUCE_VERSION = 7

/** A message that has kafkajs send a batch to a partition, in a transaction. */
export const batchMessage = (partition: number, batch: ReadyBatch): BatchMessage => ({
  partition,
  value: null,
  batch,
})

/**
 * Lets kafkajs send batches that are ready, see {@link batchMessage}, beside messages that it encodes itself. It numbers
 * what it takes for messages, and a batch is one to it: so those who send batches number the records themselves.
 */
export function installReadyBatches(): void {
  const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests') as {
    requests: { Produce: ProduceDefinition }
  }
  const { protocol } = requests.Produce
  requests.Produce = {
    versions: [String(PRODUCE_VERSION)],
    protocol: (chosen) => (request) => {
      const exchange = protocol(chosen)(request)
      if (!carriesBatches(request)) return exchange
      const encode = () => Promise.resolve(encodeProduceV7(request))
      return { ...exchange, request: { ...exchange.request, encode } }
    },
  }
}

const batchOf = ({ messages }: { messages: Partial<BatchMessage>[] }) => messages[0]?.batch

/** Whether a request carries {@link ReadyBatch}es: a producer sends either them or messages. */
export const carriesBatches = ({ topicData }: ProduceRequest) =>
  topicData.some(({ partitions }) => partitions.some((each) => batchOf(each) !== undefined))

/**
 * Produce Request (Version: 7) => transactional_id acks timeout_ms [topic_data]
 *   topic_data => name [partition_data]
 *     partition_data => index records
 */
function encodeProduceV7({
  transactionalId = null,
  acks,
  timeout,
  topicData,
  ...of
}: ProduceRequest): Encoder {
  const producer = { producerId: BigInt(String(of.producerId)), producerEpoch: of.producerEpoch }
  const request = encoder().writeString(transactionalId).writeInt16(acks).writeInt32(timeout)
  request.writeInt32(topicData.length)
  for (const { topic, partitions } of topicData) {
    request.writeString(topic).writeInt32(partitions.length)
    for (const each of partitions) {
      const { partition } = each
      const batch = batchOf(each)
      if (batch === undefined || each.messages.length !== 1)
        throw new Error(`${topic}:${partition} is sent more than one batch, or messages beside it`)
      request.writeInt32(partition).writeBytes(batch.seal({ ...producer, topic, partition }))
    }
  }
  return request
}
