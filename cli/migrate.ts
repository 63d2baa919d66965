import { Command } from 'commander'
import pino from 'pino'
import { ensureTopics } from '../pipelines/engine/index.ts'
import { migrateClickhouse } from '../sinks/index.ts'
import { topicMigrations } from '../schemas/migrations/index.ts'
import { openCodec } from './codec.ts'
import { type Config, loadConfig } from './config.ts'
import { connectKafka } from './kafka.ts'

/** `continuo migrate` */
export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('create topics, schemas and tables that are missing; safe to repeat')
    .action(async () => {
      const config = loadConfig()
      const log = pino({ name: 'migrate', level: config.LOG_LEVEL })
      await migrate(config, log)
      log.info('everything is in place')
    })
}

async function migrate(config: Config, log: pino.Logger): Promise<void> {
  const kafka = connectKafka(config, 'continuo-migrate', log)
  const specs = topicMigrations.flat().map(({ topic, partitions }) => ({
    topic: config.TOPIC_PREFIX + topic.name,
    partitions: partitions === 'plays' ? config.PARTITIONS : partitions,
    config: topic.config,
  }))
  await ensureTopics(kafka, specs, config.REPLICATION_FACTOR)
  await openCodec(config, log)
  await migrateClickhouse({ url: config.CLICKHOUSE_URL, database: config.CLICKHOUSE_DATABASE, log })
}
