import { createRequire } from 'node:module'
import type { GroupMember } from './group-fence.ts'

interface Encoder {
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeInt64(value: string): Encoder
  writeBoolean(value: boolean): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string | null): Encoder
  writeUVarIntArray(array: Encoder[]): Encoder
}

interface Decoder {
  readInt16(): number
  readInt32(): number
  readInt64(): { toString(): string }
  readUVarIntString(): string | null
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null
  readTaggedFields(): unknown
}

interface Result {
  errorCode: number
  responses: { topic: string; partitions: { partition: number; errorCode: number }[] }[]
}

/** What kafkajs sends and reads. */
export interface Exchange {
  request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<Encoder> }
  response: { decode: (bytes: Buffer) => Promise<Result>; parse: (result: Result) => Promise<Result> }
}

interface OfTopic<P> {
  topic: string
  partitions: P[]
}

interface PartitionOffset {
  partition: number
  offset: string
  metadata?: string | null
}

export interface TxnOffsetCommit {
  transactionalId: string
  groupId: string
  producerId: string
  producerEpoch: number
  topics: OfTopic<PartitionOffset>[]
}

export interface OffsetFetch {
  groupId: string
  topics: OfTopic<{ partition: number }>[]
}

const require = createRequire(import.meta.url)
const KafkaEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
const KafkaDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error
}

const NO_TAGS = 0
const NO_LEADER_EPOCH = -1
const NO_GROUP_INSTANCE = null

/** A flexible request or response (KIP-482) has tagged fields behind its header: none of ours, and none that we read. */
const flexible = () => new KafkaEncoder().writeUVarInt(NO_TAGS)

function afterHeader(bytes: Buffer): Decoder {
  const decoder = new KafkaDecoder(bytes)
  decoder.readTaggedFields()
  return decoder
}

function encodeTopics<P>(topics: OfTopic<P>[], encodePartition: (partition: P) => Encoder): Encoder[] {
  return topics.map(({ topic, partitions }) =>
    new KafkaEncoder()
      .writeUVarIntString(topic)
      .writeUVarIntArray(partitions.map(encodePartition))
      .writeUVarInt(NO_TAGS),
  )
}

function decodeTopics<P>(decoder: Decoder, decodePartition: (decoder: Decoder) => P): OfTopic<P>[] {
  const decodeTopic = (each: Decoder) => {
    const topic = each.readUVarIntString() ?? ''
    const partitions = each.readUVarIntArray(decodePartition) ?? []
    each.readTaggedFields()
    return { topic, partitions }
  }
  return decoder.readUVarIntArray(decodeTopic) ?? []
}

/** The first error that the broker names ends the whole request. */
function parse(result: Result): Promise<Result> {
  const ofPartitions = result.responses.flatMap(({ partitions }) => partitions.map((each) => each.errorCode))
  const code = [result.errorCode, ...ofPartitions].find((each) => each !== 0)
  return code === undefined ? Promise.resolve(result) : Promise.reject(createErrorFromCode(code))
}

/**
 * TxnOffsetCommit Request (Version: 3) => transactional_id group_id producer_id producer_epoch generation_id member_id
 *   group_instance_id [topics]
 *   topics => name [partitions]
 *     partitions => partition_index committed_offset committed_leader_epoch committed_metadata
 * TxnOffsetCommit Response (Version: 3) => throttle_time_ms [topics]
 *   topics => name [partitions]
 *     partitions => partition_index error_code
 */
export function txnOffsetCommitV3(
  { transactionalId, groupId, producerId, producerEpoch, topics }: TxnOffsetCommit,
  { memberId, generationId }: GroupMember,
): Exchange {
  const encodePartition = ({ partition, offset, metadata = null }: PartitionOffset) =>
    new KafkaEncoder()
      .writeInt32(partition)
      .writeInt64(offset)
      .writeInt32(NO_LEADER_EPOCH)
      .writeUVarIntString(metadata)
      .writeUVarInt(NO_TAGS)
  const encoded = () =>
    flexible()
      .writeUVarIntString(transactionalId)
      .writeUVarIntString(groupId)
      .writeInt64(producerId)
      .writeInt16(producerEpoch)
      .writeInt32(generationId)
      .writeUVarIntString(memberId)
      .writeUVarIntString(NO_GROUP_INSTANCE)
      .writeUVarIntArray(encodeTopics(topics, encodePartition))
      .writeUVarInt(NO_TAGS)
  const decodePartition = (decoder: Decoder) => {
    const [partition, errorCode] = [decoder.readInt32(), decoder.readInt16()]
    decoder.readTaggedFields()
    return { partition, errorCode }
  }
  const decoded = (bytes: Buffer) => {
    const decoder = afterHeader(bytes)
    decoder.readInt32()
    return { responses: decodeTopics(decoder, decodePartition), errorCode: 0 }
  }
  return {
    request: {
      apiKey: 28,
      apiVersion: 3,
      apiName: 'TxnOffsetCommit',
      encode: () => Promise.resolve(encoded()),
    },
    response: { decode: (bytes) => Promise.resolve(decoded(bytes)), parse },
  }
}

/**
 * OffsetFetch Request (Version: 7) => group_id [topics] require_stable
 *   topics => name [partition_indexes]
 * OffsetFetch Response (Version: 7) => throttle_time_ms [topics] error_code
 *   topics => name [partitions]
 *     partitions => partition_index committed_offset committed_leader_epoch metadata error_code
 */
export function offsetFetchV7({ groupId, topics }: OffsetFetch, requireStable: boolean): Exchange {
  const encodePartition = ({ partition }: { partition: number }) => new KafkaEncoder().writeInt32(partition)
  const encoded = () =>
    flexible()
      .writeUVarIntString(groupId)
      .writeUVarIntArray(encodeTopics(topics, encodePartition))
      .writeBoolean(requireStable)
      .writeUVarInt(NO_TAGS)
  const decodePartition = (decoder: Decoder) => {
    const partition = decoder.readInt32()
    const offset = decoder.readInt64().toString()
    decoder.readInt32()
    const metadata = decoder.readUVarIntString()
    const errorCode = decoder.readInt16()
    decoder.readTaggedFields()
    return { partition, offset, metadata, errorCode }
  }
  const decoded = (bytes: Buffer) => {
    const decoder = afterHeader(bytes)
    decoder.readInt32()
    return { responses: decodeTopics(decoder, decodePartition), errorCode: decoder.readInt16() }
  }
  return {
    request: {
      apiKey: 9,
      apiVersion: 7,
      apiName: 'OffsetFetch',
      encode: () => Promise.resolve(encoded()),
    },
    response: { decode: (bytes) => Promise.resolve(decoded(bytes)), parse },
  }
}
