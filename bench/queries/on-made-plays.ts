import { type ClickHouseClient, createClient } from '@clickhouse/client'
import pino from 'pino'
import { migrateClickhouse } from '../../sinks/index.ts'
import { withStack } from '../with-services.ts'
import { fillPlays } from './fill.ts'

const LONGEST_MS = 600_000

/**
 * Acts on so many made plays of 90 days, on the ClickHouse of `CLICKHOUSE_URL`, or else on one that it starts and stops; in a database of its own, which is dropped
 * unless `BENCH_KEEP` is set, and then found again.
 */
export async function onMadePlays(
  rows: number,
  act: (client: ClickHouseClient) => Promise<void>,
): Promise<void> {
  const { CLICKHOUSE_URL: given } = process.env
  if (given !== undefined) return onClickhouse(given, rows, act)
  await withStack(['clickhouse'], ({ clickhouseUrl = '' }) => onClickhouse(clickhouseUrl, rows, act))
}

async function onClickhouse(
  url: string,
  rows: number,
  act: (client: ClickHouseClient) => Promise<void>,
): Promise<void> {
  const database = `bench_queries_${rows}`
  await migrateClickhouse({ url, database, log: pino({ level: 'error' }) })
  const client = createClient({ url, database, request_timeout: LONGEST_MS })
  try {
    await fillPlays(client, rows)
    await act(client)
  } finally {
    if (process.env['BENCH_KEEP'] === undefined) await client.command({ query: `DROP DATABASE ${database}` })
    await client.close()
  }
}
