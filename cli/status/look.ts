import type { Admin } from 'kafkajs'
import { describe } from '../../pipelines/engine/index.ts'
import { groupOf } from '../../pipelines/engine/kafka/run-topology.ts'
import type { TopicPartition } from '../../pipelines/engine/raw-record.ts'
import type { Config } from '../config.ts'
import { shapeOf } from '../shapes.ts'
import {
  type TopologyVersion,
  type VersionRecord,
  historyTopicOf,
  kafkaNameOf,
  readsHistory,
} from '../versions/versions.ts'
import type { MadeBy, TopologyInKafka } from './situation.ts'

/** What reads topics as a group. */
export interface Member {
  /** Of its group, behind the id of the application. */
  name: string
  /** As Kafka has them. */
  topics: string[]
  making?: MadeBy
}

/** Where a group stands in a partition: the first offset that it has not done with, and that is not there yet. */
export interface Standing extends TopicPartition {
  next: bigint
  high: bigint
}

export interface MemberInKafka extends TopologyInKafka {
  standing: Standing[]
}

/** What a version of a topology of this installation reads. */
export function topologyMember(
  which: TopologyVersion & { record?: VersionRecord },
  { TOPIC_PREFIX }: Pick<Config, 'TOPIC_PREFIX'>,
): Member {
  const name = kafkaNameOf(which)
  const { inputs, repartitioned } = describe(shapeOf(which.topology, undefined, which.version))
  const reads = readsHistory(which.record) ? [historyTopicOf(name)] : inputs
  return {
    name,
    topics: [...reads, ...repartitioned].map((topic) => TOPIC_PREFIX + topic),
    ...(which.record !== undefined && { making: madeBy(which.record) }),
  }
}

const madeBy = ({ from, history }: VersionRecord) => ({
  from,
  unwritten: history === undefined || history.left.length === 0 ? 0 : history.rows - history.written,
})

/** What Kafka knows of members of this installation at this moment, in their order. */
export async function lookAt(
  members: readonly Member[],
  admin: Admin,
  { APPLICATION_ID }: Pick<Config, 'APPLICATION_ID'>,
): Promise<MemberInKafka[]> {
  const existing = new Set(await admin.listTopics())
  return Promise.all(
    members.map(async ({ name, topics, making }) => {
      const missing = topics.filter((topic) => !existing.has(topic))
      const groupId = groupOf(APPLICATION_ID, name)
      const [group] = (await admin.describeGroups([groupId])).groups
      const standing = missing.length > 0 ? [] : await standingOf(admin, groupId, topics)
      return {
        topology: name,
        missing,
        standing,
        lag: lagOf(standing),
        members: group?.members.length ?? 0,
        dividing: group?.state === 'PreparingRebalance' || group?.state === 'CompletingRebalance',
        ...(making !== undefined && { making }),
      }
    }),
  )
}

async function standingOf(admin: Admin, groupId: string, topics: string[]): Promise<Standing[]> {
  const standing: Standing[] = []
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics })) {
    const next = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const first = BigInt(low)
      const from = next.get(partition) ?? first
      standing.push({ topic, partition, next: from > first ? from : first, high: BigInt(high) })
    }
  }
  return standing
}

/** Records of all topics that a group has not committed, by partition index. */
function lagOf(standing: readonly Standing[]): Map<number, number> {
  const lag = new Map<number, number>()
  for (const { partition, next, high } of standing)
    lag.set(partition, (lag.get(partition) ?? 0) + Math.max(0, Number(high - next)))
  return lag
}
