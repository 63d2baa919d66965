import type { ClickHouseClient } from '@clickhouse/client'
import pino from 'pino'
import { connectClickhouse } from '../sinks/clickhouse/client.ts'
import { migrateClickhouse } from '../sinks/index.ts'
import { fill } from './fill.ts'
import { type BenchPlace, envOf } from './kafka.ts'
import { type Measured, median, runWorker, whole } from './measured.ts'
import { withStack } from './with-services.ts'

const ROWS = Number(process.env['BENCH_ROWS'] ?? 300_000)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)
const PARTITIONS = 2
const DATABASE = 'bench_sink'

/**
 * Plays from topic to committed by the ClickHouse sink, in a process of its own, on services that it starts and stops: rows by CPU-second of that process.
 * Beside it the floors of the same run, records read and decoded, or read and as many rows sent that were made before; and the same sink with rows as JSON.
 */
export async function benchClickhouseSink(): Promise<void> {
  await withStack(['kafka', 'schemaRegistry', 'clickhouse'], async (urls) => {
    const place: BenchPlace = {
      kafkaBrokers: urls.kafkaBrokers ?? '',
      schemaRegistryUrl: urls.schemaRegistryUrl ?? '',
      topicPrefix: 'bench-',
    }
    const clickhouse = { url: urls.clickhouseUrl ?? '', database: DATABASE }
    await migrateClickhouse({ ...clickhouse, log: pino({ level: 'error' }) })
    console.log(`writing ${whole(ROWS)} plays`)
    await fill(place, ROWS, PARTITIONS)
    const client = connectClickhouse(clickhouse)
    try {
      await compare(client, {
        ...envOf(place),
        BENCH_ROWS: String(ROWS),
        BENCH_PARTITIONS: String(PARTITIONS),
        CLICKHOUSE_URL: clickhouse.url,
        CLICKHOUSE_DATABASE: DATABASE,
      })
    } finally {
      await client.close()
    }
  })
}

async function compare(client: ClickHouseClient, env: Record<string, string>): Promise<void> {
  const jobs = [
    { worker: 'floor', name: 'record batches', what: 'floor: record batches, decoded, nothing else' },
    {
      worker: 'clickhouse-floor',
      name: 'prepared',
      what: 'floor: record batches, and rows that were made before',
    },
    ...['RowBinaryWithNamesAndTypes', 'JSONEachRow'].map((name) => ({
      worker: 'clickhouse-sink',
      name,
      what: `the sink, from topic to committed, rows as ${name}`,
    })),
  ]
  const measured = new Map<string, Measured[]>(jobs.map(({ name }) => [name, []]))
  for (let round = 1; round <= ROUNDS; round++)
    for (const { worker, name } of jobs) {
      await client.command({ query: 'TRUNCATE TABLE plays' })
      const run = Date.now().toString(36)
      const result = await runWorker(worker, { ...env, BENCH_WORKLOAD: name, BENCH_RUN: run })
      console.log(`${name}: ${whole(result.rows / result.cpuSeconds)} rows / CPU-second`)
      measured.get(name)!.push(result)
    }
  console.table(
    jobs.map(({ name, what }) => {
      const runs = measured.get(name)!
      const rates = runs.map(({ rows, cpuSeconds }) => rows / cpuSeconds)
      return {
        what,
        'rows / CPU-second': whole(median(rates)),
        'least … most': `${whole(Math.min(...rates))} … ${whole(Math.max(...rates))}`,
        'rows / second': whole(median(runs.map(({ rows, wallSeconds }) => rows / wallSeconds))),
        'most memory, MB': whole(median(runs.map(({ mostMb }) => mostMb))),
      }
    }),
  )
}
