import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import type { Chunk } from './partition-buffer.ts'
import { type OffsetRange, type Origin, deduplicationToken } from './range.ts'

/** ClickHouse refuses what trying again would not change. */
export class TableError extends Error {
  override readonly name = 'TableError'
}

/** What an operator has to mend; anything else – overload, memory, a disk, a restart – passes. */
const permanent: Record<string, string> = {
  UNKNOWN_TABLE: 'run `continuo migrate`',
  UNKNOWN_DATABASE: 'run `continuo migrate`',
  NO_SUCH_COLUMN_IN_TABLE: 'run `continuo migrate` of this version',
  AUTHENTICATION_FAILED: 'check user and password in CLICKHOUSE_URL',
  REQUIRED_PASSWORD: 'put user and password into CLICKHOUSE_URL',
  SETTING_CONSTRAINT_VIOLATION: 'let the profile of the user of CLICKHOUSE_URL change this setting',
  ACCESS_DENIED: 'grant the user of CLICKHOUSE_URL SELECT and INSERT on the database',
}

/** Whether trying again could help. */
export const isTransient = (error: unknown) => !(error instanceof TableError)

/** What each insert asks of the server, beside its token, so that it is taken once. */
export const insertSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
} as const

/**
 * Inserts a chunk as one block, once: an insert that had landed before, under the same token, changes nothing.
 * @throws TableError if trying again would not help.
 */
export async function insertChunk(client: ClickHouseClient, table: string, origin: Origin, chunk: Chunk) {
  if (chunk.lines.length === 0) return
  await naming(table, () =>
    client.insert({
      table,
      format: 'JSONEachRow',
      values: chunk.lines,
      clickhouse_settings: {
        ...insertSettings,
        insert_deduplication_token: deduplicationToken(origin, chunk),
      },
    }),
  )
}

/**
 * Whether a range that was begun has landed: one block lands whole or not at all. Settles what is older than the
 * table's deduplication log reaches.
 */
export async function hasLanded(
  client: ClickHouseClient,
  table: string,
  { topic, topicId, partition }: Origin,
  { from, end }: OffsetRange,
): Promise<boolean> {
  const answer = await naming(table, () =>
    client.query({
      query: `
        SELECT 1 FROM {table:Identifier}
        WHERE kafka_topic = {topic:String} AND kafka_topic_id = {topicId:String}
          AND kafka_partition = {partition:UInt32} AND kafka_offset >= {from:UInt64} AND kafka_offset < {end:UInt64}
        LIMIT 1`,
      query_params: { table, topic, topicId, partition, from: from.toString(), end: end.toString() },
      format: 'JSONEachRow',
    }),
  )
  return (await answer.json()).length > 0
}

/** @throws TableError, which says what is to be mended, where a call is refused and would be again. */
export async function naming<T>(table: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const remedy = error instanceof ClickHouseError ? permanent[error.type ?? ''] : undefined
    if (remedy === undefined) throw error
    throw new TableError(`ClickHouse refuses table ${table}: ${(error as Error).message} – ${remedy}`, {
      cause: error,
    })
  }
}
