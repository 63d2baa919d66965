import { randomUUID } from 'node:crypto'
import { createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { tables } from '../../schemas/tables.ts'
import { migrateClickhouse } from '../../sinks/clickhouse/migrate.ts'

/** A database of this test's own with the product's tables. */
export async function testDatabase(url: string) {
  const database = `dashboards_${randomUUID().replaceAll('-', '')}`
  await migrateClickhouse({ url, database, log: pino({ level: 'silent' }) })
  const client = createClient({ url, database })
  return {
    url,
    database,
    /** One play for each time (ms since 1970). */
    async insertPlays(times: number[]): Promise<void> {
      await client.insert({
        table: tables.plays,
        format: 'JSONEachRow',
        values: times.map((time, index) => ({
          event_id: `${time}-${index}`,
          played_at: clickhouseTime(time),
        })),
      })
    },
    async countPlays(): Promise<number> {
      const result = await client.query({
        query: `SELECT toUInt32(count()) AS plays FROM ${tables.plays}`,
        format: 'JSONEachRow',
      })
      const [row] = await result.json<{ plays: number }>()
      return row!.plays
    },
    async drop(): Promise<void> {
      await client.command({ query: `DROP DATABASE ${database}` })
      await client.close()
    },
  }
}

function clickhouseTime(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').replace('Z', '')
}
