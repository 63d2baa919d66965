import pino from 'pino'
import { connectKafka } from '../../../pipelines/engine/index.ts'
import { Codec } from '../../../schemas/codec.ts'
import { connectRegistry } from '../../../schemas/registry.ts'
import { importSpotify } from '../../../sources/import/index.ts'

/** An import in a process of its own that can be killed: it tells its parent after each transaction. */
const { env } = process
const log = pino({ level: 'silent' })
await importSpotify({
  kafka: connectKafka({ clientId: 'child', brokers: env.KAFKA_BROKERS!.split(','), tls: false, log }),
  codec: new Codec(connectRegistry(env.SCHEMA_REGISTRY_URL!, log), env.TOPIC_PREFIX),
  topicPrefix: env.TOPIC_PREFIX!,
  applicationId: env.APPLICATION_ID!,
  pseudonymKey: Buffer.from(env.PSEUDONYM_KEY!, 'base64'),
  files: [process.argv[2]!],
  userId: process.argv[3]!,
  settleWithinMs: false,
  chunk: 10,
  onProgress: (_, sent) => process.send?.(sent),
})
process.exit(0)
