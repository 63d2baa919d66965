import type { ClickHouseClient } from '@clickhouse/client'
import { connectClickhouse } from '../../sinks/clickhouse/client.ts'
import { feeds } from '../../sinks/clickhouse/feeds.ts'
import { type SeenClickhouse, lookAtClickhouse } from '../../sinks/clickhouse/promises/look.ts'
import { namesOfVersions } from '../../sinks/clickhouse/version-tables.ts'
import { clickhouseOf } from '../config.ts'
import { type ClockOffset, measureClock } from './clock.ts'
import type { Around } from './group.ts'

/** As the sink sees it, tables of versions that are not in service included. */
export async function lookAtTables({
  config,
  now,
}: Around): Promise<SeenClickhouse & { clock: ClockOffset }> {
  const client = connectClickhouse(clickhouseOf(config))
  try {
    const tables: string[] = []
    for (const table of new Set(feeds.map((feed) => feed.table))) {
      const names = await namesOfVersions(client, table)
      tables.push(...(names.size > 0 ? names.values() : [table]))
    }
    return {
      ...(await lookAtClickhouse(client, tables)),
      clock: await measureClock(now, () => timeOf(client)),
    }
  } finally {
    await client.close()
  }
}

async function timeOf(client: ClickHouseClient): Promise<number> {
  const query = 'SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS ms'
  const answer = await client.query({ query, format: 'JSONEachRow' })
  return (await answer.json<{ ms: number }>())[0]!.ms
}
