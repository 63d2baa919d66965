import { Command } from 'commander'
import type { Logger } from 'pino'
import { ensureTopics } from '../pipelines/engine/kafka/ensure-topics.ts'
import { topics } from '../schemas/topics.ts'
import { migrateTables } from './clickhouse/migrate-tables.ts'
import { openCodec } from './codec.ts'
import { commandLog } from './command-log.ts'
import { type Config, loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'
import { requireServices } from './reachable.ts'
import { schemaVersions } from './schema-versions.ts'
import { migratedTopics } from './topics/needed-topics.ts'

/** `continuo migrate` */
export function migrateCommand(): Command {
  return new Command('migrate').action(async () => {
    const config = loadConfig()
    const log = commandLog('migrate', config)
    await requireServices(config, ['kafka', 'schemaRegistry', 'clickhouse'])
    const made = [
      ...(await migrateTopics(config, log)),
      ...(await migrateSchemas(config, log)),
      ...(await migrateTables(config, log)),
    ]
    console.log(made.length > 0 ? made.join('\n') : 'everything is in place')
  })
}

/** Each of the three answers a line for each thing that it has made. */
async function migrateTopics(config: Config, log: Logger): Promise<string[]> {
  const kafka = connectKafka(config, 'continuo-migrate', log)
  const specs = migratedTopics(config)
  const admin = kafka.admin()
  await admin.connect()
  const before = new Set(await admin.listTopics())
  await admin.disconnect()
  await ensureTopics(kafka, specs, config.REPLICATION_FACTOR)
  return specs
    .filter(({ topic }) => !before.has(topic))
    .map(({ topic, partitions }) => `created topic ${topic} (${partitions} partitions)`)
}

async function migrateSchemas(config: Config, log: Logger): Promise<string[]> {
  const subjects = Object.values(topics).map(({ name }) => `${config.TOPIC_PREFIX}${name}-value`)
  const versions = () => schemaVersions(config.SCHEMA_REGISTRY_URL, subjects)
  const before = await versions()
  await openCodec(config, log)
  const after = await versions()
  return subjects
    .filter((subject) => after.get(subject) !== before.get(subject))
    .map((subject) => `registered schema ${subject}, version ${after.get(subject) ?? 'unknown'}`)
}
