import type { TopicSpec } from '../../../pipelines/engine/index.ts'
import { modelsTopic } from '../../../schemas/models-topic.ts'
import { pseudonymsTopic } from '../../../schemas/pseudonyms-topic.ts'
import { statusTopic } from '../../../schemas/status-topic.ts'
import { cleanTopics } from '../../../schemas/topics.ts'
import { versionsTopic } from '../../../schemas/versions-topic.ts'
import { feeds } from '../../../sinks/clickhouse/feeds.ts'
import type { Config } from '../../config.ts'
import { PUSH_STAGE } from '../../push/stage.ts'
import { topologyNames } from '../../shapes.ts'
import { SINK_REPLAYS, replaysTo, sinkStages } from '../../sinks/stages.ts'
import { migratedTopics, neededTopics } from '../../topics/needed-topics.ts'

export interface WantedTopics {
  /** As they should be: with a cleanup policy even where it is Kafka's own. */
  all: readonly TopicSpec[]
  /** Without these nothing starts; the others are made by who needs them. */
  migrated: ReadonlySet<string>
  /** Those that `continuo topics apply` sets right. */
  applied: ReadonlySet<string>
  /** Those that name people. */
  raw: ReadonlySet<string>
  /** Those whose records become rows: read a second time, they would count twice. */
  counted: ReadonlySet<string>
}

/** Every topic of this installation, but for those of versions that a backfill has made. */
export function wantedTopics(config: Config): WantedTopics {
  const prefix = config.TOPIC_PREFIX
  const migrated = migratedTopics(config)
  const ofTopologies = topologyNames.flatMap((name) => neededTopics(name, config))
  const ofRoles = [
    ...Object.values(sinkStages).map((stage) => replaysTo(stage, prefix, SINK_REPLAYS)),
    // It has as many partitions as the topic of notifications.
    replaysTo(PUSH_STAGE, prefix, config.PARTITIONS),
    ...[statusTopic, modelsTopic, versionsTopic, pseudonymsTopic].map(({ name, partitions, config }) => ({
      topic: prefix + name,
      partitions,
      config,
    })),
  ]
  const all = new Map([...migrated, ...ofTopologies, ...ofRoles].map((spec) => [spec.topic, spec]))
  return {
    all: [...all.values()].map((spec) => ({
      ...spec,
      config: { 'cleanup.policy': 'delete', ...spec.config },
    })),
    migrated: namesOf(migrated),
    applied: namesOf(ofTopologies),
    raw: new Set([...cleanTopics.keys()].map((name) => prefix + name)),
    counted: new Set(feeds.map(({ topic }) => prefix + topic.name)),
  }
}

const namesOf = (specs: readonly TopicSpec[]) => new Set(specs.map(({ topic }) => topic))
