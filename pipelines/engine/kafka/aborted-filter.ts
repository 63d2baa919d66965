import { createRequire } from 'node:module'

/** A message as kafkajs has decoded it, before it filters. */
export interface DecodedMessage {
  offset: string
  key: Buffer | null
  isControlRecord: boolean
  batchContext: { producerId: string; inTransaction: boolean }
}

export interface AbortedTransaction {
  producerId: string
  firstOffset: string
}

interface FetchedPartition {
  messages: DecodedMessage[]
  abortedTransactions?: AbortedTransaction[] | null
}

interface BrokerClass {
  prototype: { fetch: (request: unknown) => Promise<{ responses: { partitions: FetchedPartition[] }[] }> }
}

/** A control record's key is (version int16, type int16); type 0 is an abort, 1 a commit. */
const isAbortMarker = ({ isControlRecord, key }: DecodedMessage) =>
  isControlRecord && key !== null && key.length >= 4 && key.readInt16BE(2) === 0

/**
 * The messages of aborted transactions, as the Kafka protocol's fetch response describes them: of each transaction its
 * producer and its first offset; it ends at that producer's abort marker.
 */
export function abortedMessages<M extends DecodedMessage>(messages: M[], aborted: AbortedTransaction[]): M[] {
  const pending = aborted.toSorted((a, b) => (BigInt(a.firstOffset) < BigInt(b.firstOffset) ? -1 : 1))
  if (pending.length === 0) return []
  const open = new Set<string>()
  return messages.filter((message) => {
    while (pending[0] !== undefined && BigInt(pending[0].firstOffset) <= BigInt(message.offset)) {
      open.add(pending[0].producerId)
      pending.shift()
    }
    const { producerId, inTransaction } = message.batchContext
    if (isAbortMarker(message)) open.delete(producerId)
    return inTransaction && !message.isControlRecord && open.has(producerId)
  })
}

/**
 * kafkajs's own filter begins at most one transaction a message, so that of two aborted transactions open at the same
 * time rows of the second come through. Here each fetch response is settled before kafkajs sees it: aborted messages
 * are marked as control records, which it hides from the consumer but counts in its position.
 */
function settleAborted(partition: FetchedPartition): void {
  for (const message of abortedMessages(partition.messages, partition.abortedTransactions ?? [])) {
    message.isControlRecord = true
  }
  partition.abortedTransactions = []
}

/** Makes every kafkajs consumer of this process filter aborted transactions rightly. */
export function installAbortedFilter(): void {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as BrokerClass
  const { fetch } = Broker.prototype
  Broker.prototype.fetch = async function fetchWithoutAborted(request) {
    const response = await fetch.call(this, request)
    for (const { partitions } of response.responses) partitions.forEach(settleAborted)
    return response
  }
}
