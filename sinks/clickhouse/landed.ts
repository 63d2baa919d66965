import type { ClickHouseClient } from '@clickhouse/client'
import type { OffsetRange, Origin } from './range.ts'
import { rowsOf } from './rows-of.ts'

const OF_ORIGIN =
  'kafka_topic = {topic:String} AND kafka_topic_id = {topicId:String} AND kafka_partition = {partition:UInt32}'

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
  const found = await rowsOf(
    client,
    table,
    `SELECT 1 FROM {table:Identifier}
     WHERE ${OF_ORIGIN} AND kafka_offset >= {from:UInt64} AND kafka_offset < {end:UInt64}
     LIMIT 1`,
    { topic, topicId, partition, from: from.toString(), end: end.toString() },
  )
  return found.length > 0
}

/** The offset behind the last row that a table has of a partition; undefined where it has none. */
export async function endOfRows(
  client: ClickHouseClient,
  table: string,
  { topic, topicId, partition }: Origin,
): Promise<bigint | undefined> {
  const [row] = await rowsOf<{ end: string }>(
    client,
    table,
    `SELECT toString(max(kafka_offset) + 1) AS end FROM {table:Identifier}
     WHERE ${OF_ORIGIN}
     HAVING count() > 0`,
    { topic, topicId, partition },
  )
  return row && BigInt(row.end)
}
