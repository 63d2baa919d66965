import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { deadLetterRatio } from '../dead-letter-shares.ts'
import { taskMetrics } from './task-metrics.ts'

/** What the topologies of a process report, told apart by the label `topology`. */
export function topologyMetrics(registry: Registry) {
  const registers = [registry]
  return {
    rows: new Counter({
      name: 'continuo_rows_total',
      help: 'Records processed and committed',
      labelNames: ['topology'],
      registers,
    }),
    outcomes: new Counter({
      name: 'continuo_outcomes_total',
      help: 'Rows dropped or set aside: by steps, joins without a partner, sources that could not read them',
      labelNames: ['topology', 'step', 'outcome', 'reason'],
      registers,
    }),
    deadLetters: deadLetterRatio(registry),
    breakerOpen: new Gauge({
      name: 'continuo_breaker_open',
      help: 'Whether a topology has stopped, since too many records would have been set aside: 1',
      labelNames: ['topology'],
      registers,
    }),
    commits: new Histogram({
      name: 'continuo_commit_seconds',
      help: 'Duration of a transaction',
      labelNames: ['topology'],
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    lag: new Gauge({
      name: 'continuo_lag_records',
      help: 'Records not fetched yet at the last fetch',
      labelNames: ['topology', 'topic', 'partition'],
      registers,
    }),
    /** Topologies of which the state of each task is reported whenever it is asked for. */
    tasks: taskMetrics(registry),
  }
}

export type TopologyMetrics = ReturnType<typeof topologyMetrics>
