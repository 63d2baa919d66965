import { FIRST_VERSION, topicOfVersion } from '../../pipelines/engine/versioned.ts'
import type { ArtistTotal } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { type RunningSink, sinkGroup, sinkStage } from '../running-sink.ts'
import { type RedisSinkOptions, startSink } from './sink.ts'
import { TotalsStore, type TotalsStoreOptions } from './totals-store.ts'

export interface TotalsSinkOptions extends RedisSinkOptions {
  redis: TotalsStoreOptions
  /** Which version of a topology it carries, by its name and number; such a sink has a group of its own. Default: the first of all. */
  of?: { name: string; version: number }
}

const SINK = 'redis'

/** The topic that screens are fed from. */
export const liveTopic = topics.artistTotalsLive

export const redisGroup = (applicationId: string, version?: string) => sinkGroup(SINK, applicationId, version)

/** What of Kafka goes into a store of totals, of whichever version they are, which `name` names unless it is the first of all. */
export const totalsFeed = (version: number, name?: string) => ({
  sink: SINK,
  stage: sinkStage(SINK, name),
  topic: liveTopic,
  topicName: topicOfVersion(liveTopic, version).name,
  isolation: 'read_uncommitted' as const,
  keyOf: ({ windowStart, artistId }: ArtistTotal) => `${windowStart}:${artistId}`,
})

/**
 * Keeps the live totals in Redis and publishes the top artists. It reads uncommitted records, for the sake of latency:
 * totals are absolute, so what an aborted transaction wrote is overwritten by its repetition.
 */
export function startTotalsSink(options: TotalsSinkOptions): Promise<RunningSink> {
  const { applicationId, redis, of } = options
  const { version = FIRST_VERSION } = of ?? {}
  return startSink(
    {
      ...totalsFeed(version, of?.name),
      groupId: redisGroup(applicationId, of?.name),
      store: new TotalsStore({ ...redis, version }),
    },
    options,
  )
}
