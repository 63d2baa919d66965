import type { TopicSpec } from '../../pipelines/engine/index.ts'
import { replaySpec } from '../../pipelines/engine/kafka/topology-topics.ts'

/** The sinks, as their letters name them; Redis has two. */
export const sinkStages = {
  clickhouse: 'clickhouse-sink',
  redis: 'redis-sink',
  lists: 'redis-lists-sink',
} as const

/** Where a sink is given letters back. It has few: one partition holds them in order. */
export function replaysTo(stage: string, topicPrefix: string): TopicSpec {
  const spec = replaySpec(stage, 1)
  return { ...spec, topic: topicPrefix + spec.topic }
}
