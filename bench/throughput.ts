import { fill } from './fill.ts'
import { type BenchPlace, envOf } from './kafka.ts'
import { type Measured, median, runWorker, whole } from './measured.ts'
import { workloads } from './workloads.ts'

const ROWS = Number(process.env['BENCH_ROWS'] ?? 300_000)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 1)
const PARTITIONS = 2

const floors = {
  'kafkajs messages': 'floor: messages of kafkajs, decoded, nothing else',
  'record batches': 'floor: record batches of ours, decoded, nothing else',
}

function row(what: string, runs: Measured[]): Record<string, string> {
  const rates = runs.map(({ rows, cpuSeconds }) => rows / cpuSeconds)
  return {
    what,
    'events / CPU-second': whole(median(rates)),
    ...(runs.length > 1 && { 'least … most': `${whole(Math.min(...rates))} … ${whole(Math.max(...rates))}` }),
    'events / second': whole(median(runs.map(({ rows, wallSeconds }) => rows / wallSeconds))),
    'most memory, MB': whole(median(runs.map(({ mostMb }) => mostMb))),
    'without mapped files': whole(median(runs.map(({ ownMb }) => ownMb))),
    ...(runs[0]?.openWindows !== undefined && { 'open windows': whole(runs[0].openWindows) }),
  }
}

/**
 * Every workload, each in a process of its own, beside the floor of the same run: from topic to committed, exactly once, per CPU-second of that
 * process. What an earlier run has filled under the same services is found again.
 */
export async function benchThroughput(place: BenchPlace, chosen: string[]): Promise<void> {
  const filled = { ...place, topicPrefix: `${place.topicPrefix}${ROWS}-` }
  console.log(`writing ${whole(ROWS)} plays`)
  await fill(filled, ROWS, PARTITIONS)
  const env = { ...envOf(filled), BENCH_ROWS: String(ROWS), BENCH_PARTITIONS: String(PARTITIONS) }
  const jobs = [
    ...Object.entries(floors).map(([name, what]) => ({ worker: 'floor', name, what })),
    ...Object.entries(workloads)
      .filter(([name, { alone }]) => (chosen.length === 0 ? alone === undefined : chosen.includes(name)))
      .map(([name, { what }]) => ({ worker: 'topology', name, what: `${name}: ${what}` })),
  ]
  const measured = new Map<string, Measured[]>(jobs.map(({ name }) => [name, []]))
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const { worker, name } of jobs) {
      const run = await runWorker(worker, {
        ...env,
        BENCH_WORKLOAD: name,
        BENCH_RUN: Date.now().toString(36),
      })
      console.log(`${name}: ${whole(run.rows / run.cpuSeconds)} events / CPU-second`)
      measured.get(name)!.push(run)
    }
  }
  console.table(jobs.map(({ name, what }) => row(what, measured.get(name)!)))
}
