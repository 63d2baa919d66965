import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { deadLetterRatio } from '../pipelines/engine/dead-letter-shares.ts'

/** Seconds: the page is a tenth of one behind, ClickHouse waits up to one for others, a process that was killed is back within some. */
const LATENCY_BUCKETS = [0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 15, 60, 300]

/** What the sinks of a process report, told apart by the label `sink`. */
export function sinkMetrics(registry: Registry) {
  const registers = [registry]
  return {
    rows: new Counter({
      name: 'continuo_sink_rows_total',
      help: 'Records written to the store',
      labelNames: ['sink', 'topic'],
      registers,
    }),
    setAside: new Counter({
      name: 'continuo_sink_dead_letters_total',
      help: 'Records that the sink could not take',
      labelNames: ['sink', 'topic', 'reason'],
      registers,
    }),
    deadLetters: deadLetterRatio(registry),
    writes: new Histogram({
      name: 'continuo_sink_write_seconds',
      help: 'Duration of a write, from taking up the rows to the position behind them',
      labelNames: ['sink'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    latency: new Histogram({
      name: 'continuo_sink_latency_seconds',
      help: 'From the arrival in Kafka of what a row is made of to the row in the store, of some rows of each write',
      labelNames: ['sink', 'topic'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    failures: new Counter({
      name: 'continuo_sink_failures_total',
      help: 'Attempts that the store or Kafka did not answer; they are repeated',
      labelNames: ['sink'],
      registers,
    }),
    lag: new Gauge({
      name: 'continuo_sink_lag_records',
      help: 'Records not fetched yet at the last fetch',
      labelNames: ['sink', 'topic', 'partition'],
      registers,
    }),
  }
}

export type SinkMetrics = ReturnType<typeof sinkMetrics>

/** Rows are in the store of which some were made of what reached Kafka at these times, ms since 1970. Clocks that differ never make a latency negative. */
export function observeLatency(
  { latency }: Pick<SinkMetrics, 'latency'>,
  labels: { sink: string; topic: string },
  receivedAt: readonly number[],
): void {
  const now = Date.now()
  for (const at of receivedAt) latency.observe(labels, Math.max(0, now - at) / 1_000)
}
