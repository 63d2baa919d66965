import { makeTopics } from './fill.ts'
import { type BenchPlace, envOf } from './kafka.ts'
import { runWorker } from './measured.ts'

const RATE = Number(process.env['BENCH_RATE'] ?? 10_000)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 30)
const PARTITIONS = 2

/**
 * From a play's sending to its window's update as a reader of committed records gets it, through one hop exactly once, the topology in a
 * process of its own. The first third of the time warms up.
 */
export async function benchLatency(place: BenchPlace): Promise<void> {
  const run = Date.now().toString(36)
  const own = { ...place, topicPrefix: `${place.topicPrefix}latency-${run}-` }
  await makeTopics(own, PARTITIONS)
  const env = {
    ...envOf(own),
    BENCH_WORKLOAD: 'latency',
    BENCH_RUN: run,
    BENCH_ROWS: String(RATE * SECONDS),
    BENCH_PARTITIONS: String(PARTITIONS),
  }
  const [{ cpuSeconds }, { quantiles }] = await Promise.all([
    runWorker('topology', env),
    runWorker('latency', { ...env, BENCH_RATE: String(RATE) }),
  ])
  console.table([
    {
      'plays / second': RATE,
      ...quantiles,
      'CPU of the topology': `${Math.round((100 * cpuSeconds) / SECONDS)} %`,
    },
  ])
}
