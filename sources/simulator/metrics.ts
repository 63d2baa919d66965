import { Counter, Gauge, type Registry } from 'prom-client'
import type { Counts } from './counts.ts'

/** What a scrape shows of a simulator. */
export function exposeSimulator(
  registry: Registry,
  simulator: {
    counts(): Pick<Counts, 'plays' | 'duplicates' | 'malformed'>
    readonly playsPerSecond: number
  },
): void {
  new Counter({
    name: 'continuo_simulator_messages_total',
    help: 'Messages that Kafka has acknowledged, by kind',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const { plays, duplicates, malformed } = simulator.counts()
      this.reset()
      this.inc({ kind: 'play' }, plays)
      this.inc({ kind: 'duplicate' }, duplicates)
      this.inc({ kind: 'malformed' }, malformed)
    },
  })
  new Gauge({
    name: 'continuo_simulator_plays_per_second',
    help: 'The rate that is set',
    registers: [registry],
    collect() {
      this.set(simulator.playsPerSecond)
    },
  })
}
