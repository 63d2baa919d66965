import { Registry } from 'prom-client'
import { setTimeout as delay } from 'node:timers/promises'
import { runTopology, topologyMetrics } from '../../pipelines/engine/index.ts'
import { listeningTotals } from '../../pipelines/topologies/listening-totals.ts'
import { openPlace, placeFromEnv } from '../kafka.ts'
import { measure } from '../measured.ts'

/** `listening-totals` from the topic to committed: the repartition, the fold, its changelog and its three outputs. */
const place = placeFromEnv()
const plays = Number(process.env['BENCH_ROWS'])
const { kafka, codec, log } = await openPlace(place)
const metrics = topologyMetrics(new Registry())

async function committedRows(): Promise<number> {
  return (await metrics.rows.get()).values.reduce((sum, { value }) => sum + value, 0)
}

await measure(async () => {
  await runTopology({
    kafka,
    topology: listeningTotals,
    codec,
    topicPrefix: place.topicPrefix,
    applicationId: `${place.topicPrefix}bench`,
    deadLetterKey: { id: 'bench', bytes: Buffer.alloc(32) },
    replicationFactor: 1,
    commitGapMs: 5,
    maxTaskIdleMs: 5_000,
    metrics,
    crash: (error) => {
      throw error
    },
    log,
  })
  // Each play is committed twice: into the repartition topic, and into the fold.
  while ((await committedRows()) < 2 * plays) await delay(20)
  return plays
})
