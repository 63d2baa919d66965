import type { ClickHouseClient } from '@clickhouse/client'
import { insertChunk } from './insert.ts'
import type { Chunk } from './partition-buffer.ts'
import type { OffsetRange, Origin } from './range.ts'
import type { RefusedRow } from './refused-row.ts'
import type { RowFormat } from './row-binary.ts'
import { rowsOf } from './rows-of.ts'

const OF_ORIGIN =
  'kafka_topic = {topic:String} AND kafka_topic_id = {topicId:String} AND kafka_partition = {partition:UInt32}'

/**
 * Inserts of a range that was begun the rows that the table has not, all or none. Asked of each, since one that is there does not tell of those beside it: it
 * may have been refused and given back, while the rest has not landed. Settles what is older than the table's deduplication log reaches, too.
 * Answers and throws as {@link insertChunk}.
 */
export async function insertMissing(
  client: ClickHouseClient,
  into: { table: string; format: RowFormat },
  origin: Origin,
  { rows, sources, ...range }: Pick<Chunk, 'rows' | 'sources' | keyof OffsetRange>,
): Promise<RefusedRow | undefined> {
  const known = await offsetsIn(client, into.table, origin, range)
  const missing = [...rows.keys()].filter((index) => !known.has(sources[index]!.record.offset))
  const some = { ...range, rows: missing.map((index) => rows[index]!) }
  const refused = await insertChunk(client, into, origin, some)
  return refused && { ...refused, row: missing[refused.row]! }
}

/** The offsets of a range of which the table has rows. */
async function offsetsIn(
  client: ClickHouseClient,
  table: string,
  { topic, topicId, partition }: Origin,
  { from, end }: OffsetRange,
): Promise<ReadonlySet<bigint>> {
  const found = await rowsOf<{ at: string }>(
    client,
    table,
    `SELECT toString(kafka_offset) AS at FROM {table:Identifier}
     WHERE ${OF_ORIGIN} AND kafka_offset >= {from:UInt64} AND kafka_offset < {end:UInt64}`,
    { topic, topicId, partition, from: from.toString(), end: end.toString() },
  )
  return new Set(found.map(({ at }) => BigInt(at)))
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
