import { type TopicSpec, describe } from '../../pipelines/engine/index.ts'
import { changelogConfig, replaySpec } from '../../pipelines/engine/kafka/topology-topics.ts'
import { topicMigrations } from '../../schemas/migrations/index.ts'
import type { Config } from '../config.ts'
import { shapeOf } from '../shapes.ts'

/** The topics that `continuo migrate` makes, as they should be. */
export const migratedTopics = (config: Pick<Config, 'TOPIC_PREFIX' | 'PARTITIONS'>): TopicSpec[] =>
  topicMigrations.flat().map(({ topic, partitions }) => ({
    topic: config.TOPIC_PREFIX + topic.name,
    partitions: partitions === 'plays' ? config.PARTITIONS : partitions,
    config: topic.config,
  }))

/** All topics that a topology reads and writes, changelogs and replay topic among them, as they should be. */
export function neededTopics(
  name: string,
  config: Pick<Config, 'TOPIC_PREFIX' | 'PARTITIONS' | 'DEDUPLICATION_HOURS'>,
): TopicSpec[] {
  const { topics, inputs, stores } = describe(shapeOf(name, config.DEDUPLICATION_HOURS))
  const partitionsOf = (topic: string) => {
    const made = topicMigrations.flat().find((each) => each.topic.name === topic)?.partitions ?? 'plays'
    return made === 'plays' ? config.PARTITIONS : made
  }
  const named = [...topics.values()].map((topic) => ({
    topic: topic.name,
    partitions: partitionsOf(topic.name),
    config: topic.config,
  }))
  const ofTasks = partitionsOf(inputs[0] ?? '')
  const changelogs = stores.map(({ changelog, retentionMs }) => ({
    topic: changelog,
    partitions: ofTasks,
    config: changelogConfig(retentionMs),
  }))
  return [...named, ...changelogs, replaySpec(name, ofTasks)].map((spec) => ({
    ...spec,
    topic: config.TOPIC_PREFIX + spec.topic,
  }))
}
