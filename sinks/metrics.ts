import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { deadLetterRatio } from '../pipelines/engine/dead-letter-shares.ts'

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
