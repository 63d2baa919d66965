import pino, { type Logger } from 'pino'
import { connectKafka } from '../pipelines/engine/index.ts'
import { Codec } from '../schemas/codec.ts'
import { connectRegistry } from '../schemas/registry.ts'
import { inputs, outputs } from './topics.ts'
import { deadLetterTopic } from '../schemas/dead-letter.ts'

/** Where a benchmark's services are, and under which prefix its topics lie. */
export interface BenchPlace {
  kafkaBrokers: string
  schemaRegistryUrl: string
  topicPrefix: string
}

/** The place as the parent process has put it into the environment. */
export function placeFromEnv(): BenchPlace {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '', TOPIC_PREFIX = '' } = process.env
  return { kafkaBrokers: KAFKA_BROKERS, schemaRegistryUrl: SCHEMA_REGISTRY_URL, topicPrefix: TOPIC_PREFIX }
}

/** The environment that {@link placeFromEnv} reads. */
export const envOf = (place: BenchPlace) => ({
  KAFKA_BROKERS: place.kafkaBrokers,
  SCHEMA_REGISTRY_URL: place.schemaRegistryUrl,
  TOPIC_PREFIX: place.topicPrefix,
})

/** Kafka and a codec with every topic registered that all workloads share. */
export async function openPlace(place: BenchPlace, log: Logger = pino({ level: 'error' })) {
  const kafka = connectKafka({ clientId: 'bench', brokers: place.kafkaBrokers.split(','), tls: false, log })
  const codec = new Codec(connectRegistry(place.schemaRegistryUrl, log), place.topicPrefix)
  await Promise.all(
    [...Object.values(inputs), ...Object.values(outputs), deadLetterTopic].map((topic) =>
      codec.register(topic),
    ),
  )
  return { kafka, codec, log }
}
