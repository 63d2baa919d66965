import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { Codec } from '../../../schemas/codec.ts'
import type { GlobalTables } from '../global-table.ts'
import { withAdmin } from './admin.ts'
import { heartbeatUntil } from './consume-partitions.ts'
import { partitionCounts } from './ensure-topics.ts'
import { type Following, followPartitions } from './follow-partitions.ts'
import type { TopologyMetrics } from './metrics.ts'
import { heldEnds } from './offsets.ts'
import type { RawRecord } from '../raw-record.ts'

export interface FollowGlobalTablesOptions {
  kafka: Kafka
  topology: string
  codec: Codec
  topicPrefix: string
  metrics: Pick<TopologyMetrics, 'outcomes'>
  crash(error: unknown): void
  log: Logger
}

/**
 * Fills the global tables of a process from the whole of their topics, and keeps following these. It reads beside the topology's
 * group and its transactions, so that each process sees every partition. Partitions that a topic gains later are seen from the
 * next start on.
 * @throws TopicError for a topic that does not exist.
 */
export async function followGlobalTables(
  tables: GlobalTables,
  options: FollowGlobalTablesOptions,
): Promise<Following> {
  const { kafka, topicPrefix, codec, crash, log, topology } = options
  const names = tables.topics.map(({ name }) => topicPrefix + name)
  if (names.length === 0) return { stop: () => Promise.resolve() }
  const counts = await withAdmin(kafka, (admin) => partitionCounts(admin, names))
  const partitions = [...counts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const following = await followPartitions({
    kafka,
    partitions,
    until: await heldEnds(kafka, partitions),
    maxWaitMs: 300,
    async onRecords(records, heartbeat) {
      await heartbeatUntil(codec.load(records.map(({ value }) => value)), heartbeat)
      for (const record of records) takeRecord(tables, record, options)
    },
    crash,
  })
  log.info({ topology, topics: names }, 'global tables read')
  return following
}

/** A record that cannot be read is no dead letter: every process would write it at every start. */
function takeRecord(
  tables: GlobalTables,
  { topic, partition, offset, key, value }: RawRecord,
  { codec, topicPrefix, topology, metrics, log }: FollowGlobalTablesOptions,
): void {
  const name = topic.slice(topicPrefix.length)
  const reason = key === null ? 'no_key' : tables.take(name, { key: key.toString(), value }, codec)
  if (reason === undefined) return
  metrics.outcomes.inc({ topology, step: 'readGlobalTable', outcome: 'drop', reason })
  log.warn({ topology, topic, partition, offset: String(offset), reason }, 'global table: record passed over')
}
