import {
  type Kafka,
  type Message,
  Partitioners,
  type Producer,
  type TopicMessages,
  type Transaction,
} from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { OutgoingRecord } from '../task.ts'
import { type GroupMember, sendOffsetsAs } from './group-fence.ts'

/** Committed offsets travel in the transaction, in the name of the process that has the partitions. */
export interface Offsets {
  groupId: string
  member: GroupMember
  /** Topic (as Kafka knows it) to the next offset of each partition. */
  positions: { topic: string; partitions: { partition: number; offset: string }[] }[]
}

const TRANSACTION_TIMEOUT_MS = 10_000
const RETRY_MS = 5
/** What goes to one partition in one send is one record batch, which may not exceed the topic's `max.message.bytes`. */
const BYTES_A_SEND = 512 * 1024
const BYTES_AROUND_A_RECORD = 64

const typeOf = (error: unknown) => (error as { type?: string }).type ?? ''

/** The previous transaction of this producer is still being completed by the broker: a matter of milliseconds. */
const isConcurrent = (error: unknown) => typeOf(error) === 'CONCURRENT_TRANSACTIONS'

const OUT_OF_GROUP = ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']
const OUT_OF_ID = ['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_TXN_STATE']

/**
 * The broker does not commit this transaction because the group has moved on, because another process has taken over the
 * transactional id, or because the transaction was open for too long. None of it has been written.
 */
export const isFenced = (error: unknown) => [...OUT_OF_GROUP, ...OUT_OF_ID].includes(typeOf(error))

/**
 * A transactional producer under `transactionalId`. Once it is there, whoever had that id before is fenced: what they had
 * open is aborted, and nothing more of theirs is accepted.
 */
export async function fencedProducer(kafka: Kafka, transactionalId: string): Promise<Producer> {
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    // Offsets are sent beside the records; the records themselves one send after the other.
    maxInFlightRequests: 2,
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    // kafkajs waits 300 ms before it asks again whether the last transaction has ended; it ends in about 10.
    retry: { initialRetryTime: RETRY_MS, maxRetryTime: 1_000, retries: 20 },
  })
  await producer.connect()
  // kafkajs asks the broker for the id, which is what fences, when the first transaction begins and not when it connects.
  const first = await producer.transaction()
  await first.abort()
  return producer
}

/** Ends what the former owner of a transactional id has open, and whatever it may still send under it. */
export async function fence(kafka: Kafka, transactionalId: string): Promise<void> {
  const producer = await fencedProducer(kafka, transactionalId)
  await producer.disconnect()
}

/** Writes outputs, changelog and offsets in one transaction: all of them or none. */
export async function commitTogether(
  producer: Producer,
  outgoing: OutgoingRecord[],
  offsets: Offsets,
  kafkaName: (topic: string) => string,
): Promise<void> {
  const transaction = await producer.transaction()
  try {
    const sent = await Promise.allSettled([
      sendRecords(transaction, outgoing, kafkaName),
      sendOffsets(transaction, offsets),
    ])
    for (const each of sent) if (each.status === 'rejected') throw each.reason
    await transaction.commit()
  } catch (error) {
    if (transaction.isActive()) await transaction.abort().catch(() => undefined)
    throw error
  }
}

async function sendRecords(
  transaction: Transaction,
  outgoing: OutgoingRecord[],
  kafkaName: (topic: string) => string,
): Promise<void> {
  for (const records of inSends(outgoing))
    await transaction.sendBatch({ acks: -1, topicMessages: byTopic(records, kafkaName) })
}

/** kafkajs asks once only: right after a commit the broker may not have ended that transaction yet. */
async function sendOffsets(
  transaction: Transaction,
  { groupId, member, positions: topics }: Offsets,
): Promise<void> {
  for (;;) {
    try {
      await sendOffsetsAs(member, () => transaction.sendOffsets({ consumerGroupId: groupId, topics }))
      return
    } catch (error) {
      if (!isConcurrent(error)) throw error
      await delay(RETRY_MS)
    }
  }
}

/** Cuts what is to be written into sends that a broker takes; a record that is larger than that goes alone. */
function* inSends(outgoing: OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let records: OutgoingRecord[] = []
  let bytes = 0
  for (const record of outgoing) {
    const size = Buffer.byteLength(record.key) + (record.value?.length ?? 0) + BYTES_AROUND_A_RECORD
    if (bytes + size > BYTES_A_SEND && records.length > 0) {
      yield records
      records = []
      bytes = 0
    }
    records.push(record)
    bytes += size
  }
  if (records.length > 0) yield records
}

function byTopic(outgoing: OutgoingRecord[], kafkaName: (topic: string) => string): TopicMessages[] {
  const messages = new Map<string, Message[]>()
  for (const { topic, partition, key, value } of outgoing) {
    const message: Message = partition === undefined ? { key, value } : { key, value, partition }
    const list = messages.get(topic)
    if (list === undefined) messages.set(topic, [message])
    else list.push(message)
  }
  return [...messages].map(([topic, list]) => ({ topic: kafkaName(topic), messages: list }))
}
