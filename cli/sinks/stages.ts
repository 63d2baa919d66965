import type { TopicSpec } from '../../pipelines/engine/index.ts'
import { replaySpec } from '../../pipelines/engine/kafka/topology-topics.ts'

/** The sinks, as their letters name them; Redis has two. */
export const sinkStages = {
  clickhouse: 'clickhouse-sink',
  redis: 'redis-sink',
  lists: 'redis-lists-sink',
} as const

/** A sink has few letters: one partition holds them in order. */
export const SINK_REPLAYS = 1

/** Where a stage is given letters back. */
export function replaysTo(stage: string, topicPrefix: string, partitions: number): TopicSpec {
  const spec = replaySpec(stage, partitions)
  return { ...spec, topic: topicPrefix + spec.topic }
}
