import { setTimeout as delay } from 'node:timers/promises'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import type { OffsetRange } from '../../pipelines/engine/kafka/read-ranges.ts'
import { deleteGroups } from '../../pipelines/engine/kafka/reset-topology.ts'
import { topicIds } from '../../pipelines/engine/kafka/topic-ids.ts'
import { FIRST_VERSION } from '../../pipelines/engine/versioned.ts'
import { type OnProgress, keptRanges, tellProgress } from './kept-ranges.ts'
import { replayGroup, replayPlaces } from './replayed-letters.ts'
import { startSink } from './sink.ts'
import { type TotalsSinkOptions, redisGroup, totalsFeed } from './totals-sink.ts'
import { TotalsStore } from './totals-store.ts'

/** Whether what is built anew may take its place is looked at so often, ms. */
const LOOK_EVERY_MS = 20
/** Less than the sink waits that it is to overtake. */
const MIN_GAP_MS = 1

/**
 * Builds the totals of a version anew, beside those that there are, from all that their topic has kept, and puts them in their place in one
 * step: readers see the figures of before, then those. Safe to repeat: what a killed one has left is removed first.
 */
export async function rebuildTotals(options: TotalsSinkOptions, onProgress: OnProgress): Promise<void> {
  const { applicationId, kafka, topicPrefix, redis, replays, of } = options
  const { version = FIRST_VERSION } = of ?? {}
  const feed = totalsFeed(version)
  const topic = topicPrefix + feed.topicName
  const groupId = redisGroup(applicationId, `${of === undefined ? '' : `${of.name}.`}rebuild`)
  const ranges = await keptRanges(kafka, topic)
  const places = replays === undefined ? [] : await replayPlaces(kafka, topicPrefix, replays.stage)
  const stores = [new TotalsStore({ ...redis, version, anew: true }), new TotalsStore({ ...redis, version })]
  const [anew, held] = stores as [TotalsStore, TotalsStore]
  try {
    await Promise.all(stores.map((store) => store.connect()))
    await anew.discard()
    await overtake(anew, { options, version, groupId, ranges, places, onProgress })
    const id = (await topicIds(kafka, [topic])).get(topic)!
    await held.apply(id, { partitions: [], receivedAt: [], refused: [] })
  } finally {
    await anew.discard().finally(() => stores.forEach((store) => store.close()))
  }
  await withAdmin(kafka, (admin) => deleteGroups(admin, [groupId, replayGroup(groupId)]))
}

interface Overtaking {
  options: TotalsSinkOptions
  version: number
  groupId: string
  ranges: readonly OffsetRange[]
  /** Of what is given back: reading it begins later, and until then what is built anew would be taken for whole. */
  places: readonly string[]
  onProgress: OnProgress
}

/** Runs a sink into what is built anew, until that has overtaken what it replaces, and has replaced it. */
async function overtake(
  anew: TotalsStore,
  { options, version, groupId, ranges, places, onProgress }: Overtaking,
): Promise<void> {
  const crashed = Promise.withResolvers<never>()
  crashed.promise.catch(() => undefined)
  const sink = await startSink(
    {
      ...totalsFeed(version),
      groupId,
      store: new TotalsStore({ ...options.redis, version, anew: true }),
    },
    {
      ...options,
      crash: crashed.reject,
      // What cannot be read the sink has set aside, and held where that was too much.
      putAside: () => Promise.resolve(),
      breaker: { deadLetterRatio: 1, deadLetterRun: 0 },
      minGapMs: MIN_GAP_MS,
    },
  )
  const least = new Map<number | string, bigint>([
    ...ranges.map(({ partition, until }) => [partition, until] as const),
    ...places.map((place) => [place, 0n] as const),
  ])
  const replaced = async () => {
    for (;;) {
      const positions = await anew.positions()
      tellProgress(ranges, (partition) => positions.get(String(partition)), onProgress)
      if (await anew.takePlace(least)) break
      await delay(LOOK_EVERY_MS)
    }
    tellProgress(ranges, (partition) => least.get(partition), onProgress)
  }
  try {
    await Promise.race([crashed.promise, replaced()])
  } finally {
    await sink.stop()
  }
}
