import { randomUUID } from 'node:crypto'
import type { Message, Producer } from 'kafkajs'
import pino from 'pino'
import { Registry } from 'prom-client'
import { connectKafka, ensureTopics } from '../../pipelines/engine/index.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { Codec } from '../../schemas/codec.ts'
import type { DeadLetter } from '../../schemas/dead-letter.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { committedOffsets } from '../../pipelines/engine/kafka/offsets.ts'
import { feeds } from '../../sinks/clickhouse/feeds.ts'
import { sinkMetrics } from '../../sinks/metrics.ts'
import { putAsideInKafka } from '../../sinks/put-aside.ts'
import type { SinkOptions } from '../../sinks/running-sink.ts'
import { services } from '../kit/services.ts'
import { until } from '../kit/until.ts'

const PARTITIONS = 2
const sinkTopics = [...feeds.map(({ topic }) => topic), topics.artistTotalsLive]

/** Topics (those of sinks, and some `besides`), groups and keys of a test file's own on the shared Kafka, and what a sink needs of its surroundings. */
export async function sinkRoom(besides: Topic<unknown>[] = []) {
  const urls = await services()
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const kafka = connectKafka({ clientId: 'test', brokers: urls.kafkaBrokers.split(','), tls: false, log })
  const topicPrefix = `test-${randomUUID()}.`
  const key = { id: 'k1', bytes: Buffer.alloc(32, 7) }
  const codec = new Codec(connectRegistry(urls.schemaRegistryUrl, log), topicPrefix)
  const producer = kafka.producer()
  const nameOf = (topic: Topic<unknown>) => topicPrefix + topic.name
  const partitionsOf = (topic: Topic<unknown>) => (topic === topics.deadLetters ? 1 : PARTITIONS)

  const createTopics = (some: Topic<unknown>[]) =>
    ensureTopics(
      kafka,
      some.map((topic) => ({ topic: nameOf(topic), partitions: partitionsOf(topic), config: topic.config })),
      1,
    )
  await createTopics([...sinkTopics, ...besides])
  await Promise.all(Object.values(topics).map((topic) => codec.register(topic)))
  await producer.connect()
  const letters = await putAsideInKafka({ kafka, codec, topicPrefix, key })

  return {
    ...urls,
    kafka,
    codec,
    topicPrefix,
    log,
    key,
    nameOf,

    env: {
      KAFKA_BROKERS: urls.kafkaBrokers,
      SCHEMA_REGISTRY_URL: urls.schemaRegistryUrl,
      REDIS_URL: urls.redisUrl,
      CLICKHOUSE_URL: urls.clickhouseUrl,
      TOPIC_PREFIX: topicPrefix,
      DEAD_LETTER_KEY: key.bytes.toString('base64'),
    },

    /** What a sink is started with; a crash is collected instead of ending the test. */
    surroundings(applicationId: string) {
      const crashes: unknown[] = []
      const registry = new Registry()
      const options: SinkOptions = {
        kafka,
        codec,
        topicPrefix,
        applicationId,
        putAside: letters.as('test-sink'),
        metrics: sinkMetrics(registry),
        crash: (error) => crashes.push(error),
        log,
      }
      return { options, crashes, registry }
    },

    /** The partitions of a topic whose lag these sinks tell, in order. */
    async lagsTold(topic: Topic<unknown>, sinks: { registry: Registry }[]): Promise<number[]> {
      const told = sinks.map(async ({ registry }) => {
        const metric = await registry.getSingleMetric('continuo_sink_lag_records')!.get()
        return metric.values.filter(({ labels }) => labels.topic === nameOf(topic))
      })
      return (await Promise.all(told))
        .flat()
        .map(({ labels }) => Number(labels.partition))
        .sort()
    },

    /** Writes values to one partition; `by` may be a transaction. */
    async send<V>(topic: Topic<V>, partition: number, values: V[], by: Pick<Producer, 'send'> = producer) {
      const messages = values.map((value): Message => ({ partition, value: codec.encode(topic, value) }))
      await by.send({ topic: nameOf(topic), messages })
    },

    /** Writes bytes as they are. */
    async sendRaw(topic: Topic<unknown>, partition: number, value: Buffer | null, key?: string) {
      await producer.send({ topic: nameOf(topic), messages: [{ partition, value, ...(key && { key }) }] })
    },

    /** Runs `work` in a transaction and commits or aborts it. */
    async inTransaction(end: 'commit' | 'abort', work: (by: Pick<Producer, 'send'>) => Promise<void>) {
      const transactional = kafka.producer({
        transactionalId: randomUUID(),
        maxInFlightRequests: 1,
        idempotent: true,
      })
      await transactional.connect()
      const transaction = await transactional.transaction()
      await work(transaction)
      await transaction[end]()
      await transactional.disconnect()
    },

    async deadLetters(): Promise<DeadLetter[]> {
      const found: DeadLetter[] = []
      await readToEnd(kafka, [{ topic: nameOf(topics.deadLetters), partition: 0 }], ({ value }) => {
        if (value !== null) found.push(codec.decode(topics.deadLetters, value))
      })
      return found
    },

    async committed(groupId: string, topic: Topic<unknown>, partition: number) {
      const found = await committedOffsets(kafka, groupId, [nameOf(topic)])
      return found.get(`${nameOf(topic)}:${partition}`)
    },

    /** Deletes the records of a partition before an offset. */
    expire: (topic: Topic<unknown>, partition: number, before: bigint) =>
      withAdmin(kafka, async (admin) => {
        // kafkajs deletes only from topics that its client has asked about before.
        await admin.fetchTopicOffsets(nameOf(topic))
        await admin.deleteTopicRecords({
          topic: nameOf(topic),
          partitions: [{ partition, offset: before.toString() }],
        })
      }),

    async close(): Promise<void> {
      await letters.close()
      await producer.disconnect()
      await withAdmin(kafka, async (admin) => {
        const mine = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix))
        await admin.deleteTopics({ topics: mine })
      })
    },

    /** Deletes a topic and creates it again, empty, under its name. */
    async recreate(topic: Topic<unknown>): Promise<void> {
      await withAdmin(kafka, async (admin) => {
        await admin.deleteTopics({ topics: [nameOf(topic)] })
        const gone = async () => !(await admin.listTopics()).includes(nameOf(topic))
        await until(gone, { what: `${topic.name} to be gone` })
      })
      await createTopics([topic])
    },
  }
}
