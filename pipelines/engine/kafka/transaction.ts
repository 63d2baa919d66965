import { type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs'
import type { OutgoingRecord } from '../outbox.ts'
import { sendOffsetsAs } from './group-fence.ts'
import type { GroupMember } from './kip-447-requests.ts'
import { type OffsetToCommit, offsetsByTopic } from './offsets.ts'
import { OutgoingBatches } from './outgoing-batches.ts'
import { errorType } from './transactional-requests.ts'

/** Where a group stands, as one of its members says. */
export interface GroupOffsets {
  groupId: string
  member: GroupMember
  offsets: OffsetToCommit[]
}

const TRANSACTION_TIMEOUT_MS = 10_000
const RETRY_MS = 5

/**
 * Why a transaction has not been committed: the `group` has moved on; another process has taken over the transactional
 * `id`, or the transaction was open for too long; or `brokers` are not able to, for now.
 */
export type Refusal = 'group' | 'id' | 'brokers'

/** Nothing of a transaction has been written, and the same may be tried again under a new producer. */
export class NotCommitted extends Error {
  override readonly name = 'NotCommitted'
  readonly refusal: Refusal

  constructor(refusal: Refusal, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.refusal = refusal
  }
}

const REFUSALS: Record<string, Refusal> = {
  ILLEGAL_GENERATION: 'group',
  UNKNOWN_MEMBER_ID: 'group',
  INVALID_PRODUCER_EPOCH: 'id',
  PRODUCER_FENCED: 'id',
  INVALID_PRODUCER_ID_MAPPING: 'id',
  INVALID_TXN_STATE: 'id',
}

/** An error and those behind it: kafkajs wraps what it was told. */
function* causes(error: unknown): Generator<Error & { retriable?: boolean }> {
  for (let each = error; each instanceof Error; each = each.cause) yield each
}

function refusalOf(error: unknown): Refusal | undefined {
  for (const each of causes(error)) {
    const refusal = REFUSALS[errorType(each)]
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const isPassing = (error: unknown) => causes(error).some(({ retriable }) => retriable === true)

/** A transactional producer, and the batches in which {@link commitTogether} has it send records. */
export type FencedProducer = Producer & { batches: OutgoingBatches }

/**
 * A transactional producer under `transactionalId`. Once it is there, whoever had that id before is fenced: what they had
 * open is aborted, and nothing more of theirs is accepted.
 */
export async function fencedProducer(kafka: Kafka, transactionalId: string): Promise<FencedProducer> {
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
 * @throws NotCommitted if none of it has been written; any other error leaves that open.
 */
export async function commitTogether(
  producer: FencedProducer,
  outgoing: OutgoingRecord[],
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
    const refusal = refusalOf(each.reason) ?? (isPassing(each.reason) ? 'brokers' : undefined)
    throw refusal === undefined ? each.reason : new NotCommitted(refusal, each.reason)
  }
  try {
    await transaction.commit()
    return sent[0].status === 'fulfilled' ? sent[0].value : new Map<string, bigint>()
  } catch (error) {
    // Without an answer it may have been committed.
    const refusal = refusalOf(error)
    throw refusal === undefined ? error : new NotCommitted(refusal, error)
  }
}

const sendOffsets = (transaction: Transaction, { groupId, member, offsets }: GroupOffsets): Promise<void> =>
  sendOffsetsAs(member, () =>
    transaction.sendOffsets({ consumerGroupId: groupId, topics: offsetsByTopic(offsets) }),
  )
