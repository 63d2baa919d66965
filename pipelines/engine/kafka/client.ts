import { Kafka, type KafkaConfig, type SASLOptions, logLevel } from 'kafkajs'
import type { ConnectionOptions } from 'node:tls'
import type { Logger } from 'pino'
import { installCoordinatorCache } from './coordinator-cache.ts'
import { installErrorNames } from './error-names.ts'
import { installFetchedBatches } from './fetch-batches.ts'
import { installGroupFence } from './group-fence.ts'
import { installMetadataAnswers } from './metadata-answers.ts'
import { installOpenEnds } from './open-ends.ts'
import { installReadyBatches } from './produce-batches.ts'
import { installTransactionalRequests } from './transactional-requests.ts'

installCoordinatorCache()
installErrorNames()
installFetchedBatches()
installGroupFence()
installMetadataAnswers()
installOpenEnds()
installReadyBatches()
installTransactionalRequests()

export interface KafkaOptions {
  clientId: string
  /** `host:port` of some brokers. */
  brokers: string[]
  tls: boolean | ConnectionOptions
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
  log: Logger
}

/** Survives a broker that is away for minutes: nothing gives up, everything waits at most two seconds more. */
const patientRetry = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 1_000_000_000 }

/** kafkajs, set up so that a broker restart is an interruption and not an end. */
export function connectKafka(options: KafkaOptions): Kafka {
  const config: KafkaConfig = {
    clientId: options.clientId,
    brokers: options.brokers,
    ssl: options.tls,
    retry: { ...patientRetry, restartOnFailure: () => Promise.resolve(true) },
    logCreator: () => pinoBridge(options.log),
  }
  if (options.sasl) config.sasl = options.sasl as SASLOptions
  return new Kafka(config)
}

/** What kafkajs calls errors and warnings although it is how groups, transactions and retries work. */
const ROUTINE =
  /concurrent operation on the same transaction|Limiting retries for the idempotent producer|group is rebalancing|unstable offsets|coordinator is loading/

interface KafkajsEntry {
  level: logLevel
  namespace: string
  log: { message: string; error?: string }
}

/** kafkajs logs joins, retries and lost connections at `info` and `error`; all of them are what it recovers from. */
function pinoBridge(log: Logger) {
  return ({ level, namespace, log: { message, error } }: KafkajsEntry) => {
    const routine = level > logLevel.WARN || ROUTINE.test(error ?? message) || ROUTINE.test(message)
    log[routine ? 'debug' : 'warn']({ kafkajs: namespace, reason: error }, message)
  }
}
