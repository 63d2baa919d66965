import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { PushOutcome } from '../../schemas/events.ts'

export interface PushMetrics {
  outcome(outcome: Pick<PushOutcome, 'outcome' | 'reason'>): void
  /** Pushes that are sent although one may have arrived before. */
  doubtful(count: number): void
  answered(seconds: number): void
  /** Records that cannot be read. */
  unreadable(topic: string): void
}

/** What the push stage tells Prometheus. `waiting`: listeners who have something coming. */
export function pushMetrics(registry: Registry, waiting: () => number): PushMetrics {
  const registers = [registry]
  const outcomes = new Counter({
    name: 'continuo_push_outcomes_total',
    help: 'What became of notifications',
    registers,
    labelNames: ['outcome', 'reason'],
  })
  const doubtful = new Counter({
    name: 'continuo_push_doubtful_total',
    registers,
    help: 'Pushes sent once more of which nobody knows whether they have arrived',
  })
  const unreadable = new Counter({
    name: 'continuo_push_unreadable_total',
    help: 'Records that cannot be read',
    registers,
    labelNames: ['topic'],
  })
  const answered = new Histogram({
    name: 'continuo_push_answer_seconds',
    help: 'From sending a push to its answer',
    registers,
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  })
  const gauge: Gauge = new Gauge({
    name: 'continuo_push_waiting_listeners',
    help: 'Listeners who have a notification coming',
    registers,
    collect: () => gauge.set(waiting()),
  })
  return {
    outcome: ({ outcome, reason }) => outcomes.inc({ outcome, reason: reason ?? '' }),
    doubtful: (count) => doubtful.inc(count),
    answered: (seconds) => answered.observe(seconds),
    unreadable: (topic) => unreadable.inc({ topic }),
  }
}
