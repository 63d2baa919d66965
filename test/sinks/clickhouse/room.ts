import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import pino from 'pino'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { migrateClickhouse } from '../../../sinks/clickhouse/migrate.ts'
import { services } from '../../kit/services.ts'

/** A database of a test file's own, with the tables of this version in it, dropped when the test is over. */
export async function clickhouseRoom() {
  const { clickhouseUrl: url } = await services()
  const database = `test_${randomUUID().replaceAll('-', '')}`
  await migrateClickhouse({ url, database, log: pino({ level: 'silent' }) })
  const client: ClickHouseClient = connectClickhouse({ url, database })

  async function rows<T>(query: string, query_params: Record<string, unknown> = {}): Promise<T[]> {
    const answer = await client.query({ query, query_params, format: 'JSONEachRow' })
    return answer.json<T>()
  }

  return {
    url,
    database,
    client,
    rows,

    async count(table: string): Promise<number> {
      const [row] = await rows<{ n: string }>(`SELECT count() AS n FROM ${table}`)
      return Number(row!.n)
    },

    async close(): Promise<void> {
      await client.command({ query: `DROP DATABASE IF EXISTS ${database}` })
      await client.close()
    },
  }
}
