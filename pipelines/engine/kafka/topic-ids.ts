import type { Kafka } from 'kafkajs'
import { withCluster } from './cluster.ts'
import { TopicError } from './ensure-topics.ts'
import { type Decoder, type Exchange, NO_TAGS, encoder, exchange, flexible } from './protocol.ts'

const METADATA = 3
/** The first version of the metadata request that answers topic ids (KIP-516, Kafka 2.8). */
const METADATA_VERSION = 10
const UUID_BYTES = 16

/**
 * The id of each topic, as 32 hexadecimal digits: what tells a topic from one deleted and created again under its name,
 * whose offsets begin anew. A broker older than Kafka 2.8 has none: every id is `none` there.
 * @throws TopicError for a topic that does not exist.
 */
export function topicIds(kafka: Kafka, topics: Iterable<string>): Promise<Map<string, string>> {
  return withCluster(kafka, async ({ brokerPool }) => {
    const { versions, connectionPool } = brokerPool.seedBroker
    const known = (versions[METADATA]?.maxVersion ?? 0) >= METADATA_VERSION
    const ids = new Map<string, string>()
    for (const topic of new Set(topics)) {
      ids.set(topic, known ? await connectionPool.send(topicIdRequest(topic)) : 'none')
    }
    return ids
  })
}

/**
 * Metadata Request (Version: 10) => [topics] allow_auto_topic_creation include_cluster_authorized_operations
 *   include_topic_authorized_operations
 *   topics => topic_id name
 */
function topicIdRequest(topic: string): Exchange<string> {
  const wanted = () =>
    encoder().writeBuffer(Buffer.alloc(UUID_BYTES)).writeUVarIntString(topic).writeUVarInt(NO_TAGS)
  const encode = () =>
    flexible()
      .writeUVarIntArray([wanted()])
      .writeBoolean(false)
      .writeBoolean(false)
      .writeBoolean(false)
      .writeUVarInt(NO_TAGS)
  return exchange(['Metadata', METADATA, METADATA_VERSION], encode, (decoder) => readTopicId(decoder, topic))
}

/**
 * Metadata Response (Version: 10) => throttle_time_ms [brokers] cluster_id controller_id [topics] …
 *   brokers => node_id host port rack
 *   topics => error_code name topic_id …
 */
function readTopicId(decoder: Decoder, topic: string): string {
  decoder.readInt32()
  decoder.readUVarIntArray((broker) => {
    broker.readInt32()
    broker.readUVarIntString()
    broker.readInt32()
    broker.readUVarIntString()
    broker.readTaggedFields()
  })
  decoder.readUVarIntString()
  decoder.readInt32()
  // One topic was asked for; what follows its id is not read.
  const [id] =
    decoder.readUVarIntArray((described) => {
      described.readInt16()
      described.readUVarIntString()
      return described.readBytes(UUID_BYTES).toString('hex')
    }) ?? []
  if (id === undefined || /^0+$/.test(id)) {
    throw new TopicError(`Kafka does not know topic ${topic}: run \`continuo migrate\``)
  }
  return id
}
