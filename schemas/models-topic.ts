/**
 * Which models there are, and which is in service. It is compacted: the last record of a key counts.
 *
 *     in-service                   {"version":"20261129T…","before":["20261128T…"],…}       without a record: none
 *     20261129T024512Z-3fa94c1e    {"sha256":"…","trainedAt":…,…}                          it has been trained; null: it is there no more
 *
 * It is JSON and not Avro, so that Kafka alone tells what is in service. The models themselves lie elsewhere: they are too large for a record.
 */
export const modelsTopic = {
  name: 'continuo-models',
  partitions: 1,
  config: { 'cleanup.policy': 'compact' },
} as const
