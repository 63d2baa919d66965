import type { Kafka, Message } from 'kafkajs'
import { ensureTopics } from '../../pipelines/engine/index.ts'
import { topicExists } from '../../pipelines/engine/kafka/admin.ts'
import { type Following, followPartitions } from '../../pipelines/engine/kafka/follow-partitions.ts'
import { heldEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import { versionsTopic } from '../../schemas/versions-topic.ts'
import type { Config } from '../config.ts'
import { type TopologyVersion, type VersionRecord, Versions, labelOf } from './versions.ts'

export interface VersionsPlace {
  kafka: Kafka
  config: Pick<Config, 'TOPIC_PREFIX' | 'REPLICATION_FACTOR'>
}

const FETCH_WAIT_MS = 500

/** As Kafka knows it. */
export const versionsTopicOf = ({ config }: VersionsPlace) => config.TOPIC_PREFIX + versionsTopic.name

/** Which versions there are at this moment. Without the topic there is none but the first of each topology. */
export async function readVersions(place: VersionsPlace): Promise<Versions> {
  const topic = versionsTopicOf(place)
  const versions = new Versions()
  if (await topicExists(place.kafka, topic))
    await readToEnd(place.kafka, [{ topic, partition: 0 }], ({ key, value }) =>
      versions.take(key?.toString() ?? '', value),
    )
  return versions
}

/** Makes the topic, if it is not there. */
export const ensureVersionsTopic = (place: VersionsPlace): Promise<void> =>
  ensureTopics(
    place.kafka,
    [{ ...versionsTopic, topic: versionsTopicOf(place) }],
    place.config.REPLICATION_FACTOR,
  )

/**
 * Follows which versions there are. It answers when it has read all that there is, and has told it; from then on it tells each change.
 * @param onChange told of the versions after each; while it has not returned no more is read
 */
export async function followVersions(
  place: VersionsPlace,
  onChange: (versions: Versions) => void,
  crash: (error: unknown) => void,
): Promise<Following> {
  await ensureVersionsTopic(place)
  const partitions = [{ topic: versionsTopicOf(place), partition: 0 }]
  const versions = new Versions()
  return followPartitions({
    ...{ kafka: place.kafka, partitions, maxWaitMs: FETCH_WAIT_MS, crash },
    until: await heldEnds(place.kafka, partitions),
    onRecords(records) {
      for (const { key, value } of records) versions.take(key?.toString() ?? '', value)
      if (records.length > 0) onChange(versions)
    },
  })
}

/** That a version is in service. */
export const servedMessage = ({ topology, version }: TopologyVersion): Message => ({
  key: topology,
  value: JSON.stringify({ version }),
})

/** That there is a version, and what is known of it; or that there is none any more. */
export const madeMessage = (which: TopologyVersion, record: VersionRecord | null): Message => ({
  key: labelOf(which),
  value: record === null ? null : JSON.stringify(record),
})
