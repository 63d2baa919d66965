import type { Admin } from 'kafkajs'
import { describe } from '../../pipelines/engine/index.ts'
import { groupOf } from '../../pipelines/engine/kafka/run-topology.ts'
import type { Config } from '../config.ts'
import { shapeOf } from '../shapes.ts'
import {
  type TopologyVersion,
  type VersionRecord,
  historyTopicOf,
  kafkaNameOf,
  readsHistory,
} from '../versions/versions.ts'
import type { TopologyInKafka } from './situation.ts'

/** What Kafka knows of a version of a topology of this installation at this moment. */
export async function lookAt(
  which: TopologyVersion & { record?: VersionRecord },
  admin: Admin,
  { TOPIC_PREFIX, APPLICATION_ID }: Pick<Config, 'TOPIC_PREFIX' | 'APPLICATION_ID'>,
): Promise<TopologyInKafka> {
  const name = kafkaNameOf(which)
  const { inputs, repartitioned } = describe(shapeOf(which.topology, undefined, which.version))
  const reads = readsHistory(which.record) ? [historyTopicOf(kafkaNameOf(which))] : inputs
  const topics = [...reads, ...repartitioned].map((topic) => TOPIC_PREFIX + topic)
  const existing = new Set(await admin.listTopics())
  const missing = topics.filter((topic) => !existing.has(topic))
  const groupId = groupOf(APPLICATION_ID, name)
  const [group] = (await admin.describeGroups([groupId])).groups
  return {
    topology: name,
    missing,
    lag: missing.length > 0 ? new Map() : await lagOf(admin, groupId, topics),
    members: group?.members.length ?? 0,
    dividing: group?.state === 'PreparingRebalance' || group?.state === 'CompletingRebalance',
    ...(which.record !== undefined && { making: madeBy(which.record) }),
  }
}

const madeBy = ({ from, history }: VersionRecord) => ({
  from,
  unwritten: history === undefined || history.left.length === 0 ? 0 : history.rows - history.written,
})

/** Records of all these topics that a group has not committed, by partition index. */
async function lagOf(admin: Admin, groupId: string, topics: string[]): Promise<Map<number, number>> {
  const lag = new Map<number, number>()
  const committed = await admin.fetchOffsets({ groupId, topics })
  for (const { topic, partitions } of committed) {
    const next = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const first = BigInt(low)
      const from = next.get(partition) ?? first
      const behind = Number(BigInt(high) - (from > first ? from : first))
      lag.set(partition, (lag.get(partition) ?? 0) + Math.max(0, behind))
    }
  }
  return lag
}
