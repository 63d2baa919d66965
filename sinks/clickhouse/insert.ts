import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import type { Chunk } from './partition-buffer.ts'
import { type OffsetRange, type Origin, deduplicationToken } from './range.ts'
import type { RowFormat } from './row-binary.ts'
import { quoted } from './quoted.ts'
import { type RefusedRow, isOfRows, refusedRow } from './refused-row.ts'

/** ClickHouse refuses what trying again would not change. */
export class TableError extends Error {
  override readonly name = 'TableError'
}

/** What an operator has to mend, after which it is started again. */
const permanent: Record<string, string> = {
  UNKNOWN_TABLE: 'run `continuo migrate`',
  UNKNOWN_DATABASE: 'run `continuo migrate`',
  NO_SUCH_COLUMN_IN_TABLE: 'run `continuo migrate` of this version',
  AUTHENTICATION_FAILED: 'check user and password in CLICKHOUSE_URL',
  REQUIRED_PASSWORD: 'put user and password into CLICKHOUSE_URL',
  SETTING_CONSTRAINT_VIOLATION: 'let the profile of the user of CLICKHOUSE_URL change this setting',
  ACCESS_DENIED: 'grant the user of CLICKHOUSE_URL SELECT and INSERT on the database',
}

/** What passes, some of it once an operator has done something: it is waited for. */
const passing: Record<string, string> = {
  READONLY: 'let its user write: `readonly` of its profile is not 0',
  TABLE_IS_READ_ONLY: 'look at its Keeper: a replicated table without one is read-only',
  NOT_ENOUGH_SPACE: 'free space on its disk, or add a disk',
  CANNOT_WRITE_TO_FILE_DESCRIPTOR: 'free space on its disk, or add a disk',
  MEMORY_LIMIT_EXCEEDED: 'give it more memory, or its other queries less',
  TOO_MANY_PARTS: 'its merges are behind (system.merges): give it time, or a faster disk',
  TOO_MANY_SIMULTANEOUS_QUERIES: 'raise max_concurrent_queries, or ask it less',
  QUOTA_EXCEEDED: 'raise the quota of its user',
  TIMEOUT_EXCEEDED: 'raise max_execution_time of its user',
  SOCKET_TIMEOUT: 'look what keeps it busy',
  KEEPER_EXCEPTION: 'look at its Keeper',
}

/** Whether trying again could help. */
export const isTransient = (error: unknown) => !(error instanceof TableError)

/** What each insert asks of the server, beside its token, so that it is taken once. */
export const insertSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
} as const

/**
 * Inserts a chunk as one block, once: an insert that had landed before, under the same token, changes nothing. Answers the first row
 * that the table refuses, if it does: then nothing has landed.
 * @throws TableError if trying again would not help.
 */
export async function insertChunk(
  client: ClickHouseClient,
  { table, format }: { table: string; format: RowFormat },
  origin: Origin,
  { rows, ...range }: Pick<Chunk, 'rows' | keyof OffsetRange>,
): Promise<RefusedRow | undefined> {
  if (rows.length === 0) return undefined
  try {
    await naming(table, async () => {
      const { stream } = await client.exec({
        query: `INSERT INTO ${quoted(table)} (${format.columns.map(quoted).join(', ')}) FORMAT ${format.name}`,
        values: Readable.from(Buffer.concat([format.head, ...rows])),
        clickhouse_settings: {
          ...insertSettings,
          insert_deduplication_token: deduplicationToken(origin, range),
        },
      })
      await finished(stream.resume())
    })
    return undefined
  } catch (error) {
    const refused = refusedRow(error, rows.length)
    if (refused !== undefined) return refused
    throw isOfRows(error) ? unnamed(table, error) : error
  }
}

/** @throws what is thrown, with the table and what is to be done; TableError where a call is refused and would be again. */
export async function naming<T>(table: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const { message } = error as Error
    if (isOfConnection(error))
      throw new Error(`ClickHouse does not answer: ${message} – is it up, and CLICKHOUSE_URL its address?`, {
        cause: error,
      })
    const type = error instanceof ClickHouseError ? (error.type ?? '') : ''
    const refuses = (remedy: string) => `ClickHouse refuses table ${table}: ${message} – ${remedy}`
    if (permanent[type] !== undefined) throw new TableError(refuses(permanent[type]), { cause: error })
    if (passing[type] !== undefined) throw new Error(refuses(passing[type]), { cause: error })
    throw error
  }
}

const isOfConnection = (error: unknown) =>
  error instanceof Error &&
  !(error instanceof ClickHouseError) &&
  ('code' in error || error.message === TIMED_OUT)

/** What the client says of a request that took too long. */
const TIMED_OUT = 'Timeout error.'

/** It is waited for, and the values that it may tell are left out. */
const unnamed = (table: string, { type = '' }: ClickHouseError) =>
  new Error(
    `ClickHouse refuses rows of table ${table} (${type}) and names none – compare its columns and constraints with \`continuo clickhouse status\``,
  )
