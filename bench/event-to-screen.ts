import { setTimeout as delay } from 'node:timers/promises'
import { startBrowser } from '../test/kit/browser.ts'
import { startSimulation, startSystem } from '../test/kit/system.ts'

const RATES = (process.env['BENCH_RATES'] ?? '200,2000').split(',').map(Number)
const WARM_UP_MS = 90_000
/** The page keeps the samples of the last 30 s. */
const MEASURED_MS = 30_000

const quantile = (sorted: number[], q: number) =>
  Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? NaN)

/** From a play's arrival in Kafka to the paint in a real browser, through the exactly-once hops, whole system on this machine. */
export async function benchEventToScreen(): Promise<void> {
  const system = await startSystem({ progress: console.log })
  const browser = await startBrowser()
  const rows = []
  try {
    const { page } = await browser.open(system.pageUrl)
    for (const rate of RATES) {
      console.log(`${rate} plays a second: warming up, then measuring`)
      const simulation = startSimulation(system, rate)
      await delay(WARM_UP_MS + MEASURED_MS)
      const samples = await page.evaluate(
        () => window.continuo?.latency().map(({ latency }) => latency) ?? [],
      )
      await simulation.stop()
      const sorted = samples.toSorted((a, b) => a - b)
      rows.push({
        'plays / second': rate,
        'p50 ms': quantile(sorted, 0.5),
        'p90 ms': quantile(sorted, 0.9),
        'p99 ms': quantile(sorted, 0.99),
        samples: sorted.length,
      })
    }
  } finally {
    await browser.close()
    await system.stop()
  }
  console.table(rows)
}
