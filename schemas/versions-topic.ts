/**
 * Which version of each topology is in service, and which others there are. It is compacted: the last record of a key counts.
 *
 *     listening-totals     {"version":2}             in service; without a record: 1
 *     listening-totals@2   {"from":"kept", …}        this version has topics, tables and sinks of its own; null: it has none any more
 *
 * It is JSON and not Avro, so that Kafka alone tells what is in service.
 */
export const versionsTopic = {
  name: 'continuo-versions',
  partitions: 1,
  config: { 'cleanup.policy': 'compact' },
} as const
