import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../stack/index.ts'
import { fillPlaysClean } from './fill-plays-clean.ts'
import { type BenchPlace, envOf } from './kafka.ts'
import { type Measured, runWorker } from './measured.ts'

const ROWS = Number(process.env['BENCH_ROWS'] ?? 200_000)
const PARTITIONS = 2
const ROUNDS = 3

const perCpuSecond = ({ rows, cpuSeconds }: Measured) => rows / cpuSeconds
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
const whole = (value: number) => Math.round(value).toLocaleString('en')

function row(name: string, runs: Measured[]): Record<string, string> {
  const rates = runs.map(perCpuSecond)
  return {
    benchmark: name,
    'events / CPU-second': whole(median(rates)),
    'least … most': `${whole(Math.min(...rates))} … ${whole(Math.max(...rates))}`,
    'events / second': whole(median(runs.map(({ rows, wallSeconds }) => rows / wallSeconds))),
  }
}

/** `listening-totals` from topic to committed, beside the floor of the same run, per CPU-second of the process. */
export async function benchListeningTotals(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-bench-'))
  const stack = await startStack({
    dataDir,
    only: ['kafka', 'schemaRegistry'],
    ports: { kafka: 0, schemaRegistry: 0 },
    progress: console.log,
  })
  try {
    const { kafkaBrokers = '', schemaRegistryUrl = '' } = stack.urls
    const totals: Measured[] = []
    const floors: Measured[] = []
    for (let round = 1; round <= ROUNDS; round += 1) {
      const place: BenchPlace = { kafkaBrokers, schemaRegistryUrl, topicPrefix: `bench-${round}-` }
      console.log(`round ${round} of ${ROUNDS}: writing ${whole(ROWS)} plays, then measuring`)
      await fillPlaysClean(place, ROWS, PARTITIONS)
      const env = { ...envOf(place), BENCH_ROWS: String(ROWS) }
      floors.push(await runWorker('floor', env))
      totals.push(await runWorker('listening-totals', env))
    }
    console.table([
      row('floor: kafkajs consume + avsc decode, nothing else', floors),
      row('listening-totals, topic to committed, exactly-once', totals),
    ])
  } finally {
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
