import type { Kafka } from 'kafkajs'
import { topicExists } from '../../pipelines/engine/kafka/admin.ts'
import { type Following, followPartitions } from '../../pipelines/engine/kafka/follow-partitions.ts'
import { heldEnds } from '../../pipelines/engine/kafka/offsets.ts'
import { statusTopic } from '../../schemas/status-topic.ts'
import type { Reports } from './report.ts'

/** Reads what processes have told and go on to tell; undefined while none ever has. */
export async function followReports(
  kafka: Kafka,
  topicPrefix: string,
  reports: Reports,
  crash: (error: unknown) => void,
): Promise<Following | undefined> {
  const topic = topicPrefix + statusTopic.name
  if (!(await topicExists(kafka, topic))) return undefined
  const partitions = [{ topic, partition: 0 }]
  return followPartitions({
    kafka,
    partitions,
    until: await heldEnds(kafka, partitions),
    maxWaitMs: 500,
    crash,
    onRecords: (records) => {
      for (const { value, timestamp } of records) reports.add(value, timestamp)
    },
  })
}
