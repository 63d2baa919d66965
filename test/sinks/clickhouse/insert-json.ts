import type { ClickHouseClient } from '@clickhouse/client'
import { insertChunk } from '../../../sinks/clickhouse/insert.ts'
import type { OffsetRange, Origin } from '../../../sinks/clickhouse/range.ts'

/** Rows of some columns as the chunk of a range; the others are what the table says. */
export const insertJson = (
  client: ClickHouseClient,
  table: string,
  origin: Origin,
  { rows, ...range }: OffsetRange & { rows: object[] },
) =>
  insertChunk(
    client,
    {
      table,
      format: { name: 'JSONEachRow', head: Buffer.alloc(0), columns: Object.keys(rows[0] ?? {}) },
    },
    origin,
    { ...range, rows: rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`)) },
  )
