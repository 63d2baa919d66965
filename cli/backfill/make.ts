import type { ClickHouseClient } from '@clickhouse/client'
import type { Kafka } from 'kafkajs'
import { ensureTopics, partitionCounts } from '../../pipelines/engine/kafka/ensure-topics.ts'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { nameOfVersion } from '../../pipelines/engine/versioned.ts'
import { createTableOf } from '../../sinks/clickhouse/version-tables.ts'
import type { Config } from '../config.ts'
import type { HistoryRecord } from '../versions/history-record.ts'
import { type VersionRecord, historyTopicOf, kafkaNameOf } from '../versions/versions.ts'
import type { Subject } from './subject.ts'

export interface MakeOptions {
  kafka: Kafka
  config: Pick<Config, 'TOPIC_PREFIX' | 'REPLICATION_FACTOR'>
  client: ClickHouseClient
}

/**
 * Makes the topics and tables of a version that are missing, each with as many partitions as that of the first version has, and history with
 * as many as the topic that it is of; safe to repeat.
 * @throws TopicError where those of the first version are missing.
 */
export async function makeVersion(
  subject: Subject,
  { history }: VersionRecord,
  { kafka, config, client }: MakeOptions,
): Promise<void> {
  const { plain, version, feeds } = subject
  const prefix = config.TOPIC_PREFIX
  const names = [...plain.outputs, ...plain.repartitioned]
  const counts = await withAdmin(kafka, (admin) =>
    partitionCounts(
      admin,
      names.map((name) => prefix + name),
    ),
  )
  const specs = names.map((name) => ({
    topic: prefix + nameOfVersion(name, version),
    partitions: counts.get(prefix + name) ?? 1,
    config: plain.topics.get(name)?.config ?? {},
  }))
  const ofHistory =
    history?.read === false ? [historyTopic(prefix + historyTopicOf(kafkaNameOf(subject)), history)] : []
  await ensureTopics(kafka, [...specs, ...ofHistory], config.REPLICATION_FACTOR)
  for (const feed of feeds) await createTableOf(client, feed)
}

/** With a partition for each of the live topic. It is kept until it has been read, whatever the times of its records. */
const historyTopic = (topic: string, { cut }: HistoryRecord) => ({
  topic,
  partitions: cut.length,
  config: { 'retention.ms': '-1' },
})
