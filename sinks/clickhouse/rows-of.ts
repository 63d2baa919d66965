import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { naming } from './insert.ts'

/**
 * What a query about a table answers; `{table:Identifier}` in it is that table. 64-bit integers are numbers.
 * @throws TableError where ClickHouse refuses to tell
 */
export const rowsOf = <Row>(
  client: ClickHouseClient,
  table: string,
  query: string,
  parameters: Record<string, unknown> = {},
  settings: ClickHouseSettings = {},
): Promise<Row[]> =>
  naming(table, async () => {
    const answer = await client.query({
      query,
      query_params: { table, ...parameters },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0, ...settings },
    })
    return answer.json<Row>()
  })
