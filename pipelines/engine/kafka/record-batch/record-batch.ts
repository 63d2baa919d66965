import { crc32c } from '@node-rs/crc32'
import type { TopicPartition } from '../../raw-record.ts'
import { BatchError } from './batch-error.ts'

/**
 * Where the fields of a batch are, in bytes from its first (Kafka's message format, version 2):
 *
 *     baseOffset int64 | length int32 | partitionLeaderEpoch int32 | magic int8 | crc uint32 | attributes int16 | lastOffsetDelta int32
 *     | baseTimestamp int64 | maxTimestamp int64 | producerId int64 | producerEpoch int16 | baseSequence int32 | count int32 | records
 */
export const AT = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

/** The bits of a batch's attributes; those below say how it is compressed. */
export const ATTRIBUTES = {
  compression: 0x7,
  logAppendTime: 0x8,
  transactional: 0x10,
  control: 0x20,
} as const

export const MAGIC = 2

/** One batch of a partition, its records still as they lie in it. */
export interface RecordBatch extends TopicPartition {
  /** All of it, header included. */
  bytes: Buffer
  baseOffset: bigint
  /** That of its last record when it was written; compaction may have taken that one away, or all. */
  lastOffset: bigint
  /** How many records it has. */
  count: number
  attributes: number
  /** -1 for a producer that is neither idempotent nor transactional. */
  producerId: bigint
}

export const isTransactional = ({ attributes }: RecordBatch) => (attributes & ATTRIBUTES.transactional) !== 0
/** Whether it says how a transaction has ended, and holds nothing for readers. */
export const isControl = ({ attributes }: RecordBatch) => (attributes & ATTRIBUTES.control) !== 0

/**
 * The batches that a fetch has brought of a partition, in order. The last may be incomplete, cut where the fetch was full:
 * it is left out.
 * @throws BatchError for anything else that is not a whole batch as a broker keeps it.
 */
export function readBatches(place: TopicPartition, bytes: Buffer, from: bigint): RecordBatch[] {
  const batches: RecordBatch[] = []
  let expected = from
  for (let at = 0; at + AT.magic < bytes.length;) {
    const size = AT.leaderEpoch + bytes.readInt32BE(at + AT.length)
    requireMagic(place, expected, bytes[at + AT.magic]!)
    if (size < AT.records)
      throw new BatchError(place, expected, `a record batch says that it has ${size} bytes`)
    if (size > bytes.length - at) break
    const batch = readBatch(place, bytes.subarray(at, at + size))
    if (batches.length > 0 && batch.baseOffset < expected)
      throw new BatchError(place, expected, `a record batch of offset ${batch.baseOffset} follows`)
    batches.push(batch)
    expected = batch.lastOffset + 1n
    at += size
  }
  return batches
}

function requireMagic(place: TopicPartition, offset: bigint, magic: number): void {
  if (magic === MAGIC) return
  const what =
    magic < MAGIC
      ? `its messages have format ${magic}, of before Kafka 0.11: have them written anew, or read on behind them`
      : `its record batch has format ${magic}, which this version does not know`
  throw new BatchError(place, offset, what)
}

function readBatch(place: TopicPartition, bytes: Buffer): RecordBatch {
  const baseOffset = bytes.readBigInt64BE(0)
  const lastOffsetDelta = bytes.readInt32BE(AT.lastOffsetDelta)
  const count = bytes.readInt32BE(AT.count)
  if (crc32c(bytes.subarray(AT.attributes)) !== bytes.readUInt32BE(AT.crc))
    throw new BatchError(
      place,
      baseOffset,
      'the bytes of a record batch are not those that were written (CRC-32C): look for the fault in the disk or the network, or have it read from another replica',
    )
  if (lastOffsetDelta < 0 || count < 0)
    throw new BatchError(place, baseOffset, `a record batch has ${count} records up to ${lastOffsetDelta}`)
  return {
    topic: place.topic,
    partition: place.partition,
    bytes,
    baseOffset,
    lastOffset: baseOffset + BigInt(lastOffsetDelta),
    count,
    attributes: bytes.readInt16BE(AT.attributes),
    producerId: bytes.readBigInt64BE(AT.producerId),
  }
}
