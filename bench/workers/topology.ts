import { Registry } from 'prom-client'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureTopics, runTopology, topologyMetrics } from '../../pipelines/engine/index.ts'
import { counts } from '../fill.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'
import { workloads } from '../workloads.ts'

/** One workload, from its topics to committed: with outputs, state and offsets, exactly once. */
const place = placeFromEnv()
const { BENCH_WORKLOAD = '', BENCH_RUN = '', BENCH_ROWS, BENCH_PARTITIONS } = process.env
const workload = workloads[BENCH_WORKLOAD]!
const name = `${BENCH_WORKLOAD}-${BENCH_RUN}`
const { kafka, codec, log } = await openPlace(place)

const available = counts(Number(BENCH_ROWS))
const rows = workload.reads.reduce((sum, input) => sum + available[input], 0)
const through = workload.through?.(name)
if (through !== undefined) {
  await codec.register(through)
  const topic = place.topicPrefix + through.name
  await ensureTopics(kafka, [{ topic, partitions: Number(BENCH_PARTITIONS), config: {} }], 1)
}
const metrics = topologyMetrics(new Registry())

async function committedRows(): Promise<number> {
  return (await metrics.rows.get()).values.reduce((sum, { value }) => sum + value, 0)
}

const stateDir = workload.stateStore === 'disk' ? mkdtempSync(join(tmpdir(), 'continuo-bench-')) : ''
process.once('exit', () => {
  if (stateDir !== '') rmSync(stateDir, { recursive: true })
})

await workload.prepare?.()
await measure(async () => {
  await runTopology({
    kafka,
    topology: workload.topology(name),
    codec,
    topicPrefix: place.topicPrefix,
    applicationId: 'bench',
    deadLetterKey: { id: 'bench', bytes: Buffer.alloc(32) },
    metrics,
    ...(workload.guarantee !== undefined && { guarantee: workload.guarantee }),
    ...(workload.stateStore !== undefined && { stateStore: workload.stateStore, stateDir }),
    crash: (error) => {
      throw error
    },
    log,
  })
  // What goes through a repartition topic is committed twice: into it, and out of it.
  const committed = through === undefined ? rows : rows + available.plays
  while ((await committedRows()) < committed) await delay(20)
  return { rows, ...(workload.openWindows !== undefined && { openWindows: workload.openWindows() }) }
})
