import type { ClickHouseClient } from '@clickhouse/client'
import { naming } from './insert.ts'

const TABLES = ['rekey_rights', 'rekey_rights_beside'] as const

/** Does with empty tables what bringing tables into a new epoch takes. @throws Error naming what ClickHouse does not allow */
export async function requireRenameRights(client: ClickHouseClient): Promise<void> {
  const [one, other] = TABLES
  const run = (query: string) => naming(one, () => client.command({ query }))
  const drop = async () => {
    for (const table of TABLES) await run(`DROP TABLE IF EXISTS ${table} SYNC`)
  }
  await drop()
  await run(`CREATE TABLE ${one} (old String) ENGINE = MergeTree ORDER BY old`)
  await run(`CREATE TABLE ${other} AS ${one}`)
  await run(`INSERT INTO ${other} SELECT * FROM ${one}`)
  await run(`ALTER TABLE ${other} MODIFY COMMENT 'rights'`)
  await run(`EXCHANGE TABLES ${one} AND ${other}`)
  await drop()
}
