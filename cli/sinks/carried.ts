import { describe } from '../../pipelines/engine/index.ts'
import { type Feed, feedsOf } from '../../sinks/clickhouse/feeds.ts'
import { liveTopic } from '../../sinks/redis/totals-sink.ts'
import { shapeOf, topologyNames } from '../shapes.ts'
import type { TopologyVersion } from '../versions/versions.ts'

/** What of a version of a topology goes into stores. */
export interface Carried {
  /** Tables that it feeds. */
  feeds: Feed[]
  /** Whether it feeds screens. */
  live: boolean
}

/** Nothing for a topology that this release does not have. */
export function carriedOf({ topology, version }: TopologyVersion): Carried {
  if (!topologyNames.includes(topology)) return { feeds: [], live: false }
  const { outputs, repartitioned } = describe(shapeOf(topology))
  const writes = new Set([...outputs, ...repartitioned])
  return { feeds: feedsOf(writes, version), live: writes.has(liveTopic.name) }
}
