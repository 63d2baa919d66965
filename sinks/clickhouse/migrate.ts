import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import type { Logger } from 'pino'
import { type ClickhouseOptions, connectClickhouse } from './client.ts'
import { quoted } from './quoted.ts'

/**
 * One statement, numbered by its file: `001-plays.sql`. Frozen once released; the next one adds. It may run twice, at once and at any later
 * time, and is then nothing: `IF NOT EXISTS`, or a setting that is set already.
 */
export interface Migration {
  name: string
  sql: string
}

/** A migration as a database has it. */
export interface KnownMigration extends Migration {
  /** `changed`: it was applied with another text. */
  state: 'applied' | 'pending' | 'changed'
  /** When it was first recorded, ms since 1970; undefined while it is pending. */
  appliedAt: number | undefined
}

/** The tables cannot be brought to this version. The message names the migration and the remedy. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

export interface MigrationOptions extends ClickhouseOptions {
  /** Default: those in `migrations/`. */
  migrations?: readonly Migration[]
}

/**
 * Creates the database and brings its tables up to date; what has been applied is recorded in `schema_migrations`. Safe to repeat, wherever
 * it was killed, and for several at a time. Answers the names of those that it has applied.
 * @throws MigrationError if a migration was changed after it had been applied, or fails.
 */
export async function migrateClickhouse({
  log,
  ...options
}: MigrationOptions & { log: Logger }): Promise<string[]> {
  const pending = pendingOf(await knownMigrations(options))
  if (pending.length === 0) return []
  await withClient({ ...options, database: 'default' }, (client) =>
    client.command({ query: createDatabase(options.database) }),
  )
  await withClient(options, async (client) => {
    await client.command({ query: RECORD_TABLE })
    for (const migration of pending) {
      await apply(client, migration)
      log.info({ migration: migration.name }, 'migration applied')
    }
  })
  return pending.map(({ name }) => name)
}

/** The statements that {@link migrateClickhouse} would run, in order; it changes nothing. @throws MigrationError as that */
export async function statementsToRun(options: MigrationOptions): Promise<string[]> {
  const pending = pendingOf(await knownMigrations(options))
  if (pending.length === 0) return []
  return [
    createDatabase(options.database),
    RECORD_TABLE,
    ...pending.map(({ name, sql }) => `-- ${name}\n${sql.trim()}`),
  ]
}

/** The migrations of this version, in order, each as the database has it; there need be none. */
export async function knownMigrations(options: MigrationOptions): Promise<KnownMigration[]> {
  const applied = new Map((await readApplied(options)).map((each) => [each.name, each]))
  return (options.migrations ?? shippedMigrations()).map((migration) => {
    const known = applied.get(migration.name)
    const state =
      known === undefined ? 'pending' : known.checksum === checksumOf(migration) ? 'applied' : 'changed'
    return { ...migration, state, appliedAt: known?.appliedAt }
  })
}

/** The migrations of this version, in order. */
export function shippedMigrations(): Migration[] {
  const folder = join(import.meta.dirname, 'migrations')
  return readdirSync(folder)
    .filter((file) => /^\d{3}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({ name: file.replace(/\.sql$/, ''), sql: readFileSync(join(folder, file), 'utf8') }))
}

const createDatabase = (name: string) => `CREATE DATABASE IF NOT EXISTS ${quoted(name)} ENGINE = Atomic`

const RECORD_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY name`

interface Applied {
  name: string
  checksum: string
  appliedAt: number
}

/** Two that ran at a time have both recorded what both have applied. */
const APPLIED = `
  SELECT name, argMin(checksum, applied_at) AS checksum, toUnixTimestamp64Milli(min(applied_at)) AS appliedAt
  FROM schema_migrations GROUP BY name`

const NOTHING_YET = new Set(['UNKNOWN_DATABASE', 'UNKNOWN_TABLE'])

const readApplied = (options: ClickhouseOptions): Promise<Applied[]> =>
  withClient(options, async (client) => {
    try {
      const answer = await client.query({
        query: APPLIED,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
      return await answer.json<Applied>()
    } catch (error) {
      if (error instanceof ClickHouseError && NOTHING_YET.has(error.type ?? '')) return []
      throw error
    }
  })

async function withClient<T>(options: ClickhouseOptions, work: (client: ClickHouseClient) => Promise<T>) {
  const client = connectClickhouse(options)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

function pendingOf(known: readonly KnownMigration[]): KnownMigration[] {
  const changed = known.find(({ state }) => state === 'changed')
  if (changed !== undefined)
    throw new MigrationError(
      `migration ${changed.name} was changed after it had been applied: restore it and put the change into a new file`,
    )
  return known.filter(({ state }) => state === 'pending')
}

async function apply(client: ClickHouseClient, migration: Migration): Promise<void> {
  const { name, sql } = migration
  try {
    await client.command({ query: sql })
  } catch (error) {
    throw new MigrationError(`migration ${name} failed: ${String(error)}`, { cause: error })
  }
  await client.insert({
    table: 'schema_migrations',
    values: [{ name, checksum: checksumOf(migration) }],
    format: 'JSONEachRow',
  })
}

const checksumOf = ({ sql }: Migration) => createHash('sha256').update(sql).digest('hex')
