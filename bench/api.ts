import { randomBytes } from 'node:crypto'
import { createClient } from '@clickhouse/client'
import fastify from 'fastify'
import pino from 'pino'
import { Registry } from 'prom-client'
import { startDashboard } from '../dashboards/server/index.ts'
import { migrateClickhouse } from '../sinks/index.ts'
import { runWorker } from './measured.ts'
import { fillPlays, rowsOf } from './queries/fill.ts'
import { withStack } from './with-services.ts'

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3)
const ALL = 'from=2026-01-01&to=2026-04-01'

const loads = [
  { load: '1 user', users: 1, everyMs: 0 },
  { load: '200 users, once a second each', users: 200, everyMs: 1_000 },
  { load: '200 users, without a pause', users: 200, everyMs: 0 },
]

/**
 * Answers of the dashboard's API from the cache, over so many made plays, beside those of a fastify that answers the same bytes always. ClickHouse and Redis are
 * started for it; the users are in a process of their own.
 */
export async function benchApi(rows: number): Promise<void> {
  await withStack(['clickhouse', 'redis'], async ({ clickhouseUrl = '', redisUrl = '' }) => {
    const clickhouse = { url: clickhouseUrl, database: 'bench_api' }
    const log = pino({ level: 'error' })
    await migrateClickhouse({ ...clickhouse, log })
    const client = createClient(clickhouse)
    await fillPlays(client, rows)
    const [play] = await rowsOf<{ artist: string; listener: string }>(
      client,
      'SELECT topK(1)(artist_id)[1] AS artist, topK(1)(listener)[1] AS listener FROM plays',
    )
    await client.close()
    const dashboard = await startDashboard({
      host: '127.0.0.1',
      port: 0,
      clickhouse,
      redis: { url: redisUrl, prefix: `${randomBytes(4).toString('hex')}:` },
      k: 10,
      gatewayUrl: 'ws://127.0.0.1:1/connection/websocket',
      log,
      metrics: new Registry(),
      verifyListener: async () => play!.listener,
    })
    const paths = [
      '/api/top-artists?day=2026-03-31',
      `/api/plays-by-hour?${ALL}`,
      `/api/plays-by-day?${ALL}`,
      `/api/artist-by-hour?artistId=${encodeURIComponent(play!.artist)}&from=2026-03-01&to=2026-04-01`,
      '/api/cohort-retention?weeks=64',
      `/api/me/plays?${ALL}`,
    ]
    for (const path of paths) await benchPath(dashboard.port, path)
    await dashboard.stop()
  })
}

async function benchPath(port: number, path: string): Promise<void> {
  const ask = () =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: 'Bearer somebody' } })
  const began = performance.now()
  const first = await ask()
  const body = await first.text()
  if (first.status !== 200) throw new Error(`${path}: ${body}`)
  const askedMs = performance.now() - began
  const floor = await constant(body)
  const [what] = path.split('?')
  const table = []
  for (const { load, users, everyMs } of loads) {
    const env = (at: number) => ({
      BENCH_PORT: String(at),
      BENCH_PATH: path,
      BENCH_USERS: String(users),
      BENCH_EVERY_MS: String(everyMs),
      BENCH_SECONDS: String(SECONDS),
      BENCH_AUTHORIZATION: 'Bearer somebody',
    })
    const api = await runWorker('api-users', env(port))
    const least = await runWorker('api-users', env(floor.port))
    const ms = (name: string) => Number(api.quantiles![name]!.toFixed(2))
    table.push({
      what,
      load,
      kB: Math.round(body.length / 1e3),
      'p50 ms': ms('p50'),
      'p95 ms': ms('p95'),
      'p99 ms': ms('p99'),
      'floor: p95 ms': Number(least.quantiles!['p95']!.toFixed(2)),
      'answers a second': Math.round(api.rows / SECONDS),
      'floor: answers a second': Math.round(least.rows / SECONDS),
      'first, by ClickHouse, ms': Math.round(askedMs),
    })
  }
  console.table(table)
  await floor.stop()
}

/** A fastify that answers just this. */
async function constant(body: string) {
  const app = fastify({ forceCloseConnections: true })
  app.get('/*', (_, reply) => reply.type('application/json; charset=utf-8').send(body))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port')
  return { port: address.port, stop: () => app.close() }
}
