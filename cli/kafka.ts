import { connectKafka as connect } from '../pipelines/engine/kafka/client.ts'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Config } from './config.ts'

/** The Kafka of the configuration. */
export function connectKafka(config: Config, clientId: string, log: Logger): Kafka {
  const mechanism = config.KAFKA_SASL_MECHANISM
  return connect({
    clientId,
    brokers: config.KAFKA_BROKERS,
    tls: config.KAFKA_TLS ? (config.ca === undefined ? true : { ca: config.ca }) : false,
    ...(mechanism !== '' && {
      sasl: { mechanism, username: config.KAFKA_SASL_USERNAME, password: config.KAFKA_SASL_PASSWORD },
    }),
    log,
  })
}
