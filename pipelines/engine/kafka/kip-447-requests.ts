import {
  type Decoder,
  type Encoder,
  type Exchange,
  NO_TAGS,
  createErrorFromCode,
  encoder,
  exchange,
  flexible,
} from './protocol.ts'

/** A process's membership of a consumer group, from one rebalance to the next. */
export interface GroupMember {
  memberId: string
  generationId: number
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

interface PartitionAnswer {
  partition: number
  errorCode: number
}

interface CommittedPartition extends PartitionAnswer {
  /** -1 where nothing has been committed. */
  offset: string
  metadata: string | null
}

export type AcceptedOffsets = OfTopic<PartitionAnswer>[]

export interface CommittedOffsets {
  responses: OfTopic<CommittedPartition>[]
  errorCode: number
}

const NO_LEADER_EPOCH = -1
const NO_GROUP_INSTANCE = null

function encodeTopics<P>(topics: OfTopic<P>[], encodePartition: (partition: P) => Encoder): Encoder[] {
  return topics.map(({ topic, partitions }) =>
    encoder()
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
function checkCodes(responses: OfTopic<PartitionAnswer>[], ofAll = 0): void {
  const ofPartitions = responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  const code = [ofAll, ...ofPartitions].find((each) => each !== 0)
  if (code !== undefined) throw createErrorFromCode(code)
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
): Exchange<AcceptedOffsets> {
  const encodePartition = ({ partition, offset, metadata = null }: PartitionOffset) =>
    encoder()
      .writeInt32(partition)
      .writeInt64(offset)
      .writeInt32(NO_LEADER_EPOCH)
      .writeUVarIntString(metadata)
      .writeUVarInt(NO_TAGS)
  const encode = () =>
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
  const decode = (decoder: Decoder) => {
    decoder.readInt32()
    return decodeTopics(decoder, decodePartition)
  }
  return exchange(['TxnOffsetCommit', 28, 3], encode, decode, (topics) => {
    checkCodes(topics)
  })
}

/**
 * OffsetFetch Request (Version: 7) => group_id [topics] require_stable
 *   topics => name [partition_indexes]
 * OffsetFetch Response (Version: 7) => throttle_time_ms [topics] error_code
 *   topics => name [partitions]
 *     partitions => partition_index committed_offset committed_leader_epoch metadata error_code
 */
export function offsetFetchV7(
  { groupId, topics }: OffsetFetch,
  requireStable: boolean,
): Exchange<CommittedOffsets> {
  const encodePartition = ({ partition }: { partition: number }) => encoder().writeInt32(partition)
  const encode = () =>
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
  const decode = (decoder: Decoder) => {
    decoder.readInt32()
    return { responses: decodeTopics(decoder, decodePartition), errorCode: decoder.readInt16() }
  }
  const check = ({ responses, errorCode }: CommittedOffsets) => {
    checkCodes(responses, errorCode)
  }
  return exchange(['OffsetFetch', 9, 7], encode, decode, check)
}
