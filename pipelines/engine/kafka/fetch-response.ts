import type { AbortedTransaction } from './aborted-filter.ts'
import { type Decoder, decoderOf } from './protocol.ts'

/** What the broker answers of one partition. */
export interface PartitionResponse {
  partition: number
  errorCode: number
  highWatermark: bigint
  /** -1 if uncommitted records were asked for, too. */
  lastStableOffset: bigint
  abortedTransactions: AbortedTransaction[]
  preferredReadReplica: number
  /** Record batches, one after the other; the last may be cut. */
  records: Buffer
}

const NOTHING = Buffer.alloc(0)

const readBigInt = (decoder: Decoder) => BigInt(decoder.readInt64().toString())

/**
 * Fetch Response (Version: 11) => throttle_time_ms error_code session_id [responses]
 *   responses => topic [partitions]
 *     partitions => partition_index error_code high_watermark last_stable_offset log_start_offset [aborted_transactions]
 *       preferred_read_replica records
 *       aborted_transactions => producer_id first_offset
 */
export function decodeFetchV11(bytes: Buffer) {
  const decoder = decoderOf(bytes)
  return {
    // The broker waits by itself; kafkajs waits as well, by this name.
    clientSideThrottleTime: decoder.readInt32(),
    throttleTime: 0,
    errorCode: decoder.readInt16(),
    sessionId: decoder.readInt32(),
    responses: decoder.readArray(decodeTopic),
  }
}

const decodeTopic = (decoder: Decoder) => ({
  topicName: decoder.readString() ?? '',
  partitions: decoder.readArray(decodePartition),
})

function decodePartition(decoder: Decoder): PartitionResponse {
  const [partition, errorCode] = [decoder.readInt32(), decoder.readInt16()]
  const [highWatermark, lastStableOffset] = [readBigInt(decoder), readBigInt(decoder)]
  decoder.readInt64()
  const abortedTransactions = decoder.readArray(decodeAborted)
  const preferredReadReplica = decoder.readInt32()
  const length = decoder.readInt32()
  const records = length > 0 ? decoder.readBytes(length) : NOTHING
  return {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    abortedTransactions,
    preferredReadReplica,
    records,
  }
}

const decodeAborted = (decoder: Decoder): AbortedTransaction => ({
  producerId: readBigInt(decoder),
  firstOffset: readBigInt(decoder),
})
