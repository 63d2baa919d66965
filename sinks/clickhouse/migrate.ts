import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'
import { type ClickhouseOptions, connectClickhouse } from './client.ts'

/** One statement, numbered by its file: `001-plays.sql`. Frozen once released; the next one adds. */
export interface Migration {
  name: string
  sql: string
}

/** The tables cannot be brought to this version. The message names the migration and the remedy. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

export interface MigrateOptions extends ClickhouseOptions {
  log: Logger
  /** Default: those in `migrations/`. */
  migrations?: Migration[]
}

interface Applied {
  name: string
  checksum: string
}

/**
 * Creates the database and brings its tables up to date; what has been applied is recorded in `schema_migrations`.
 * Safe to repeat, and for two at a time: ClickHouse has no lock to take, so every statement is one that may run twice
 * (`IF NOT EXISTS`).
 * @throws MigrationError if a migration was changed after it had been applied, or fails.
 */
export async function migrateClickhouse({ migrations, log, ...options }: MigrateOptions): Promise<void> {
  await createDatabase(options)
  const client = connectClickhouse(options)
  try {
    await client.command({ query: RECORD_TABLE })
    const applied = new Map((await readApplied(client)).map(({ name, checksum }) => [name, checksum]))
    for (const migration of migrations ?? shippedMigrations()) {
      const checksum = checksumOf(migration)
      if (!applied.has(migration.name)) await apply(client, migration, checksum, log)
      else if (applied.get(migration.name) !== checksum) throw changed(migration)
    }
  } finally {
    await client.close()
  }
}

const RECORD_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_migrations
  (
      name String,
      checksum String,
      applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
  )
  ENGINE = MergeTree
  ORDER BY name`

/** The migrations of this version, in order. */
export function shippedMigrations(): Migration[] {
  const folder = join(import.meta.dirname, 'migrations')
  return readdirSync(folder)
    .filter((file) => /^\d{3}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({ name: file.replace(/\.sql$/, ''), sql: readFileSync(join(folder, file), 'utf8') }))
}

async function createDatabase({ url, database }: ClickhouseOptions): Promise<void> {
  const client = connectClickhouse({ url, database: 'default' })
  try {
    await client.command({
      query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier} ENGINE = Atomic',
      query_params: { database },
    })
  } finally {
    await client.close()
  }
}

async function readApplied(client: ClickHouseClient): Promise<Applied[]> {
  const answer = await client.query({
    query: 'SELECT name, checksum FROM schema_migrations',
    format: 'JSONEachRow',
  })
  return answer.json<Applied>()
}

async function apply(client: ClickHouseClient, { name, sql }: Migration, checksum: string, log: Logger) {
  try {
    await client.command({ query: sql })
  } catch (error) {
    throw new MigrationError(`migration ${name} failed: ${String(error)}`, { cause: error })
  }
  await client.insert({ table: 'schema_migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
  log.info({ migration: name }, 'migration applied')
}

const checksumOf = ({ sql }: Migration) => createHash('sha256').update(sql).digest('hex')

function changed({ name }: Migration): MigrationError {
  return new MigrationError(
    `migration ${name} was changed after it had been applied: restore it and put the change into a new file`,
  )
}
