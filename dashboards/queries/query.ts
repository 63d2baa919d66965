import { readFileSync } from 'node:fs'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'

/** A question to ClickHouse: SQL in a file of its own, values bound as typed parameters, never concatenated. */
export interface Query<Parameters extends Record<string, unknown>, Row> {
  name: string
  sql: string
  run(client: ClickHouseClient, parameters: Parameters): Promise<Row[]>
}

/**
 * What a page may cost the store at most. `readonly` 2 forbids every write and lets these limits through;
 * 1 would refuse the limits themselves.
 */
export const limits: ClickHouseSettings = {
  max_execution_time: 5,
  max_memory_usage: '268435456',
  max_rows_to_read: '500000000',
  max_result_rows: '10000',
  result_overflow_mode: 'throw',
  output_format_json_quote_64bit_integers: 0,
  readonly: '2',
}

/** The query in `<name>.sql` beside this file. `Row` is what its SELECT names; a test on known rows holds it to that. */
export function query<Parameters extends Record<string, unknown>, Row>(name: string): Query<Parameters, Row> {
  const sql = readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')
  return {
    name,
    sql,
    async run(client, parameters) {
      const result = await client.query({
        query: sql,
        query_params: parameters,
        format: 'JSONEachRow',
        clickhouse_settings: limits,
      })
      return result.json<Row>()
    },
  }
}
