import { randomUUID } from 'node:crypto'
import { Kafka, type KafkaConfig, type KafkaMessage, logLevel } from 'kafkajs'
import pino from 'pino'
import { Registry } from 'prom-client'
import { connectKafka, ensureTopics, runTopology, topologyMetrics } from '../../pipelines/engine/index.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { partitionReader } from '../../pipelines/engine/kafka/partition-reader.ts'
import { recordBatches } from '../../pipelines/engine/kafka/record-batches.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { anonymise } from '../../pipelines/topologies/anonymise.ts'
import { Codec } from '../../schemas/codec.ts'
import { topicMigrations } from '../../schemas/migrations/index.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { services } from '../kit/services.ts'

const PLAYS_PARTITIONS = 2

/** A record as a reader of committed records sees it. */
export type ReadRecord = Pick<KafkaMessage, 'key' | 'value' | 'headers'> & {
  timestamp: number
  partition: number
  offset: bigint
}

/** Topics, group ids and keys of a test file's own on the shared Kafka. */
export async function kafkaRoom() {
  const { kafkaBrokers, schemaRegistryUrl } = await services()
  const log = pino({ level: 'silent' })
  const brokers = kafkaBrokers.split(',')
  const kafka = connectKafka({ clientId: 'test', brokers, tls: false, log })
  const topicPrefix = `test-${randomUUID()}.`
  const applicationId = `test-${randomUUID()}`
  const pseudonymKey = Buffer.alloc(32, 1)
  const names = pseudonyms([pseudonymKey])
  const specs = topicMigrations.flat().map(({ topic, partitions }) => ({
    topic: topicPrefix + topic.name,
    partitions: partitions === 'plays' ? PLAYS_PARTITIONS : partitions,
    config: topic.config,
  }))
  await ensureTopics(kafka, specs, 1)
  const newCodec = () => new Codec(connectRegistry(schemaRegistryUrl, log), topicPrefix)
  const codec = newCodec()
  await Promise.all(Object.values(topics).map((topic) => codec.register(topic)))

  return {
    kafka,
    codec,
    newCodec,
    topicPrefix,
    applicationId,
    pseudonyms: names,
    recordBatches: () => recordBatches(kafka, topicPrefix),
    reader: partitionReader(kafka),
    log,
    env: {
      KAFKA_BROKERS: kafkaBrokers,
      SCHEMA_REGISTRY_URL: schemaRegistryUrl,
      TOPIC_PREFIX: topicPrefix,
      APPLICATION_ID: applicationId,
      PSEUDONYM_KEY: pseudonymKey.toString('base64'),
    },

    /** A Kafka whose connections go through a socket factory of the test. */
    kafkaThrough: (socketFactory: KafkaConfig['socketFactory']) =>
      new Kafka({
        brokers,
        socketFactory,
        logLevel: logLevel.NOTHING,
        retry: { retries: 1_000_000, maxRetryTime: 200 },
      }),

    /** All committed records that the topic holds now. */
    async records(topic: Topic<unknown>): Promise<ReadRecord[]> {
      const found: ReadRecord[] = []
      const partitions = topic === topics.deadLetters || topic === topics.importedPlays ? 1 : PLAYS_PARTITIONS
      const all = Array.from({ length: partitions }, (_, partition) => ({
        topic: topicPrefix + topic.name,
        partition,
      }))
      await readToEnd(kafka, all, (record) => found.push(record))
      return found
    },

    remove: () => removeTopics(kafka, topicPrefix),

    /** Runs the real `anonymise` until the returned function is called. */
    async anonymising(): Promise<() => Promise<void>> {
      const running = await runTopology({
        kafka,
        topology: anonymise({ pseudonyms: names, rememberMs: 3_600_000 }),
        codec,
        topicPrefix,
        applicationId,
        deadLetterKey: { id: 'k1', bytes: Buffer.alloc(32, 2) },
        replicationFactor: 1,
        commitGapMs: 5,
        maxTaskIdleMs: 5_000,
        metrics: topologyMetrics(new Registry()),
        crash: (error) => {
          throw error
        },
        log,
      })
      return () => running.stop()
    },
  }
}

export type KafkaRoom = Awaited<ReturnType<typeof kafkaRoom>>

async function removeTopics(kafka: Kafka, prefix: string): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const all = await admin.listTopics()
    await admin.deleteTopics({ topics: all.filter((topic) => topic.startsWith(prefix)) })
  })
}
