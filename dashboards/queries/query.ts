import { readFileSync } from 'node:fs'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'

/** A question to ClickHouse: SQL in a file of its own, values bound as typed parameters, never concatenated. */
export interface Query<Parameters extends Record<string, unknown>, Row> {
  name: string
  sql: string
  /** How ClickHouse is to plan it; the limits go with it, too. */
  settings: ClickHouseSettings
  run(client: ClickHouseClient, parameters: Parameters): Promise<Row[]>
}

/**
 * What a query may cost the store at most, and that it writes nothing and changes none of this. ClickHouse checks settings that come together against those
 * of before, so that `readonly` 1 may be among them.
 */
export const limits = {
  max_execution_time: 5,
  max_memory_usage: '268435456',
  max_rows_to_read: '500000000',
  max_result_rows: '10000',
  result_overflow_mode: 'throw',
  output_format_json_quote_64bit_integers: 0,
  readonly: '1',
} as const satisfies ClickHouseSettings

/**
 * The query in `<name>.sql` beside this file. `Row` is what its SELECT names; a test on known rows holds it to that.
 * @param rollup the projection of `plays` that answers all of it: ClickHouse then does not plan with each of the others before it chooses.
 */
export function query<Parameters extends Record<string, unknown>, Row>(
  name: string,
  rollup?: string,
): Query<Parameters, Row> {
  const sql = readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')
  const settings = rollup === undefined ? {} : { preferred_optimize_projection_name: rollup }
  return {
    name,
    sql,
    settings,
    async run(client, parameters) {
      const result = await client.query({
        query: sql,
        query_params: parameters,
        format: 'JSONEachRow',
        clickhouse_settings: { ...limits, ...settings },
      })
      return result.json<Row>()
    },
  }
}
