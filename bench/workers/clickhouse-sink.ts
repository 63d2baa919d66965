import { setTimeout as delay } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { sinkMetrics, startClickhouseSink } from '../../sinks/index.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { binaryPlays, jsonPlays } from '../json-plays.ts'

/** The sink, until it has written and committed all plays. */
const place = placeFromEnv()
const plays = Number(process.env['BENCH_ROWS'])
const { kafka, codec, log } = await openPlace(place)
const { CLICKHOUSE_URL: url = '', CLICKHOUSE_DATABASE: database = '' } = process.env
const { BENCH_RUN: run = '', BENCH_WORKLOAD: workload } = process.env
const LOOK_EVERY_MS = 20

await measure(async () => {
  const metrics = sinkMetrics(new Registry())
  const sink = await startClickhouseSink({
    kafka,
    codec,
    log,
    metrics,
    clickhouse: { url, database },
    topicPrefix: place.topicPrefix,
    applicationId: 'bench',
    of: { name: run, feeds: [workload === jsonPlays.format.name ? jsonPlays : binaryPlays] },
    putAside: () => Promise.reject(new Error('a play of the benchmark was refused')),
    crash: (error) => {
      throw error
    },
  })
  const written = async () => (await metrics.rows.get()).values.reduce((sum, { value }) => sum + value, 0)
  while ((await written()) < plays) await delay(LOOK_EVERY_MS)
  await sink.stop()
  return { rows: plays }
})
