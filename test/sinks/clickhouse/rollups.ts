import assert from 'node:assert/strict'
import type { ClickHouseClient } from '@clickhouse/client'
import { until } from '../../kit/until.ts'

interface Rollup {
  name: string
  /** `SELECT … GROUP BY …`, or `SELECT … ORDER BY …` of plays in another order, as the table has it. */
  query: string
}

async function rowsOf<T>(client: ClickHouseClient, query: string, settings = {}): Promise<T[]> {
  const answer = await client.query({ query, format: 'JSONCompactEachRow', clickhouse_settings: settings })
  return answer.json<T>()
}

export const rollupsOf = async (client: ClickHouseClient, table: string): Promise<Rollup[]> =>
  (
    await rowsOf<[string, string]>(
      client,
      `SELECT name, query FROM system.projections WHERE database = currentDatabase() AND table = '${table}'`,
    )
  ).map(([name, query]) => ({ name, query }))

/** Parts of a table that lack some of its rollups. */
export const unfinished = (client: ClickHouseClient, table: string) =>
  rowsOf<[string]>(
    client,
    `SELECT name FROM system.parts LEFT JOIN (
       SELECT parent_name AS name, count() AS rollups FROM system.projection_parts
       WHERE active AND database = currentDatabase() AND table = '${table}' GROUP BY name
     ) AS its USING (name)
     WHERE active AND rows > 0 AND database = currentDatabase() AND table = '${table}' AND rollups < (
       SELECT count() FROM system.projections WHERE database = currentDatabase() AND table = '${table}')`,
  )

/**
 * Each rollup of the table says what its rows say, one by one, and all parts have it. For some hundred rows: of more ClickHouse may not use a rollup
 * that is read in smaller pieces than its table.
 */
export async function rollupsAreThoseOfRows(client: ClickHouseClient, table = 'plays'): Promise<void> {
  const rollups = await rollupsOf(client, table)
  assert.ok(rollups.length > 0, `${table} has no rollups`)
  await until(async () => (await unfinished(client, table)).length === 0, { what: 'rollups of all parts' })
  for (const { name, query } of rollups) {
    const [columns, grouping] = query.split(/ (?=GROUP BY|ORDER BY)/)
    const asked = (of: string) =>
      `${columns} FROM ${of} ${grouping?.startsWith('GROUP BY') ? grouping : ''} ORDER BY ALL`
    const rolled = grouping?.startsWith('GROUP BY')
      ? await rowsOf(client, asked(table), { force_optimize_projection_name: name })
      : await rowsOf(client, asked(`mergeTreeProjection(currentDatabase(), '${table}', '${name}')`))
    const counted = await rowsOf(client, asked(table), { optimize_use_projections: 0 })
    assert.deepEqual(rolled, counted, name)
  }
}
