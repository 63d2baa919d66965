/**
 * Where each process of `continuo run`, `sinks` and `push` says, once a second, how its tasks are, and where `continuo status` and the dashboard read it. It is JSON and
 * not Avro, so that who looks for what is wrong needs Kafka alone. Nobody needs what it said ten minutes ago.
 */
export const statusTopic = {
  name: 'continuo-status',
  partitions: 1,
  config: {
    'cleanup.policy': 'delete',
    'retention.ms': String(600_000),
    'segment.ms': String(300_000),
    /** So that the age of a report goes by one clock, the broker's, whoever wrote it. */
    'message.timestamp.type': 'LogAppendTime',
  },
} as const
