import { type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { OutgoingRecords } from '../outgoing-records.ts'
import { sendOffsetsAs } from './group-fence.ts'
import { type GroupOffsets, offsetsByTopic } from './offsets.ts'
import { OutgoingBatches } from './outgoing-batches.ts'
import { InDoubt, asRefusal, causes, isPassing } from './refusals.ts'
import { errorType } from './transactional-requests.ts'

/** What is open is aborted by the brokers after so long; they have to allow it. */
export const TRANSACTION_TIMEOUT_MS = 10_000
const RETRY_MS = 5
/** Brokers that cannot give a producer its id now are asked again after this. */
const BROKERS_RETRY_MS = 200

/** A transactional producer, and the batches in which {@link commitTogether} has it send records. */
export type FencedProducer = Producer & { batches: OutgoingBatches }

/**
 * A transactional producer under `transactionalId`. Once it is there, whoever had that id before is fenced: what they had
 * open is aborted, and nothing more of theirs is accepted. It waits for brokers that are away.
 * @throws TransactionalIdError if this client may not use the id
 */
export async function fencedProducer(kafka: Kafka, transactionalId: string): Promise<FencedProducer> {
  for (;;) {
    try {
      return await connectedProducer(kafka, transactionalId)
    } catch (error) {
      if (causes(error).some((each) => errorType(each) === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'))
        throw new TransactionalIdError(transactionalId, error)
      if (!isPassing(error)) throw error
      await delay(BROKERS_RETRY_MS)
    }
  }
}

/** This client may not write under a transactional id; the message says which right it lacks. */
export class TransactionalIdError extends Error {
  override readonly name = 'TransactionalIdError'

  constructor(transactionalId: string, cause: unknown) {
    super(
      `Not allowed to write under the transactional id ${transactionalId}: grant this client's user Write and Describe on it, or on ` +
        'all that begin with the prefix and the application id (kafka-acls --add --allow-principal User:NAME --operation Write ' +
        "--operation Describe --transactional-id 'TOPIC_PREFIX + APPLICATION_ID' --resource-pattern-type prefixed)",
      { cause },
    )
  }
}

async function connectedProducer(kafka: Kafka, transactionalId: string): Promise<FencedProducer> {
  const producer = kafka.producer({
    transactionalId,
    // Offsets are sent beside the records; the records themselves one send after the other.
    maxInFlightRequests: 2,
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    // kafkajs waits 300 ms before it asks again whether the last transaction has ended; it ends in about 10.
    retry: { initialRetryTime: RETRY_MS, maxRetryTime: 1_000, retries: 20 },
  })
  try {
    await producer.connect()
    // kafkajs asks the broker for the id, which is what fences, when the first transaction begins and not when it connects.
    const first = await producer.transaction()
    await first.abort()
  } catch (error) {
    await producer.disconnect()
    throw error
  }
  return Object.assign(producer, { batches: new OutgoingBatches(kafka) })
}

/** Ends what the former owner of a transactional id has open, and whatever it may still send under it. */
export async function fence(kafka: Kafka, transactionalId: string): Promise<void> {
  const producer = await fencedProducer(kafka, transactionalId)
  await producer.disconnect()
}

/**
 * Writes outputs, changelog and offsets in one transaction: all of them or none. After an error the producer is not to be
 * used again; the next one under its id ends what it has left open. Answers where the partitions written to end behind that, by
 * their keys.
 * @throws NotCommitted if none of it has been written, InDoubt if that cannot be said; any other error is to end the process.
 */
export async function commitTogether(
  producer: FencedProducer,
  outgoing: OutgoingRecords[],
  offsets: GroupOffsets,
  kafkaName: (topic: string) => string,
): Promise<ReadonlyMap<string, bigint>> {
  const transaction = await producer.transaction()
  const sent = await Promise.allSettled([
    producer.batches.send(transaction, outgoing, kafkaName),
    sendOffsets(transaction, offsets),
  ])
  for (const each of sent) {
    if (each.status === 'fulfilled') continue
    throw asRefusal(each.reason)
  }
  const ends = sent[0].status === 'fulfilled' ? sent[0].value : new Map<string, bigint>()
  try {
    await transaction.commit()
    return ends
  } catch (error) {
    throw new InDoubt(error, ends)
  }
}

const sendOffsets = (transaction: Transaction, { groupId, member, offsets }: GroupOffsets): Promise<void> =>
  sendOffsetsAs(member, () =>
    transaction.sendOffsets({ consumerGroupId: groupId, topics: offsetsByTopic(offsets) }),
  )
