import type { Logger } from 'pino'
import { migrateClickhouse } from '../../sinks/index.ts'
import { type Config, clickhouseOf } from '../config.ts'

/** Applies what is pending to the tables of ClickHouse; a line for each migration. @throws MigrationError */
export async function migrateTables(config: Config, log: Logger): Promise<string[]> {
  const applied = await migrateClickhouse({ ...clickhouseOf(config), log })
  return applied.map((name) => `applied ${name} to ClickHouse database ${config.CLICKHOUSE_DATABASE}`)
}
