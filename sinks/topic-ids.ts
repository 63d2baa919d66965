import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'

/** The parts of kafkajs that its public interface does not show; its version is pinned. */
interface Encoder {
  writeUVarIntArray(items: Encoder[]): Encoder
  writeUVarIntString(text: string): Encoder
  writeUVarIntBytes(): Encoder
  writeBuffer(bytes: Buffer): Encoder
  writeBoolean(value: boolean): Encoder
}
interface Decoder {
  readTaggedFields(): unknown
  readInt16(): number
  readInt32(): number
  readUVarIntString(): string | null
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null
  readBytes(length: number): Buffer
}
interface ProtocolRequest<T> {
  request: {
    apiKey: number
    apiVersion: number
    apiName: string
    encode(): Promise<Encoder>
  }
  response: { decode(bytes: Buffer): Promise<T>; parse(decoded: T): Promise<T> }
}
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  brokerPool: {
    seedBroker: {
      versions: Record<number, { maxVersion: number }>
      connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> }
    }
  }
}
type CreateCluster = (options: { allowAutoTopicCreation: boolean }) => Cluster

const load = createRequire(import.meta.url)
const KafkaEncoder = load('kafkajs/src/protocol/encoder') as new () => Encoder
const KafkaDecoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder

const METADATA = 3
/** The first version of the metadata request that answers topic ids (KIP-516, Kafka 2.8). */
const METADATA_VERSION = 10
const UUID_BYTES = 16

/**
 * The id of each topic, as 32 hexadecimal digits: what tells a topic from one deleted and created again under its name,
 * whose offsets begin anew. A broker older than Kafka 2.8 has none: every id is `none` there.
 * @throws if a topic does not exist.
 */
export async function topicIds(kafka: Kafka, topics: Iterable<string>): Promise<Map<string, string>> {
  const cluster = clusterOf(kafka)
  await cluster.connect()
  try {
    const { versions, connectionPool } = cluster.brokerPool.seedBroker
    const known = (versions[METADATA]?.maxVersion ?? 0) >= METADATA_VERSION
    const ids = new Map<string, string>()
    for (const topic of new Set(topics)) {
      ids.set(topic, known ? await connectionPool.send(topicIdRequest(topic)) : 'none')
    }
    return ids
  } finally {
    await cluster.disconnect()
  }
}

function clusterOf(kafka: Kafka): Cluster {
  const name = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  if (name === undefined) throw new Error('this version of kafkajs hides its cluster: install the pinned one')
  const create = (kafka as unknown as Record<symbol, CreateCluster>)[name]!
  return create({ allowAutoTopicCreation: false })
}

function topicIdRequest(topic: string): ProtocolRequest<string> {
  return {
    request: {
      apiKey: METADATA,
      apiVersion: METADATA_VERSION,
      apiName: 'Metadata',
      encode: () => Promise.resolve(encodeRequest(topic)),
    },
    response: {
      decode: (bytes) => Promise.resolve(decodeResponse(bytes, topic)),
      parse: (id) => Promise.resolve(id),
    },
  }
}

/** tags [topic_id uuid, name, tags] allow_auto_topic_creation cluster_operations topic_operations tags */
function encodeRequest(topic: string): Encoder {
  const wanted = new KafkaEncoder()
    .writeBuffer(Buffer.alloc(UUID_BYTES))
    .writeUVarIntString(topic)
    .writeUVarIntBytes()
  return new KafkaEncoder()
    .writeUVarIntBytes()
    .writeUVarIntArray([wanted])
    .writeBoolean(false)
    .writeBoolean(false)
    .writeBoolean(false)
    .writeUVarIntBytes()
}

/** tags throttle_ms [node, host, port, rack, tags] cluster_id controller_id [error, name, topic_id, …] */
function decodeResponse(bytes: Buffer, topic: string): string {
  const decoder = new KafkaDecoder(bytes)
  decoder.readTaggedFields()
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
    throw new Error(`Kafka does not know topic ${topic}: run \`continuo migrate\``)
  }
  return id
}
