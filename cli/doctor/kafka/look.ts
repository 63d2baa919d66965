import type { Admin, Kafka } from 'kafkajs'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { withCluster } from '../../../pipelines/engine/kafka/cluster.ts'
import { type TopicStep, planTopics } from '../../../pipelines/engine/kafka/plan-topics.ts'
import type { Guarantee } from '../../../pipelines/engine/kafka/delivery.ts'
import { commandLog } from '../../command-log.ts'
import { connectKafka } from '../../kafka.ts'
import type { ClockOffset } from '../clock.ts'
import type { Around } from '../group.ts'
import { brokersClock } from './brokers-clock.ts'
import { type WantedTopics, wantedTopics } from './wanted-topics.ts'

/** A topic that is there. */
export interface SeenTopic {
  name: string
  partitions: number
  /** What holds, whether it is the topic's own or the broker's. */
  config: Readonly<Record<string, string>>
  /** Replicas of the partition that has the fewest. */
  copies: number
  /** Replicas in sync, of the partition that has the fewest. */
  inSync: number
  /** Partitions that nobody leads. */
  leaderless: number
}

export interface SeenKafka {
  brokers: number
  /** The newest version of each request that the brokers know, by its number in Kafka's protocol. */
  requests: Readonly<Record<number, { maxVersion: number }>>
  /** The settings of each broker; undefined where this client may not ask. */
  settings: readonly Readonly<Record<string, string>>[] | undefined
  topics: readonly SeenTopic[]
  /** Kafka's own, by name. */
  internal: ReadonlyMap<string, SeenTopic>
  /** What would make these topics what they should be. */
  steps: readonly TopicStep[]
  wanted: WantedTopics & { copies: number; guarantee: Guarantee; brokers: string }
  clock: ClockOffset | undefined
}

const TOPIC_RESOURCE = 2
const BROKER_RESOURCE = 4
const INTERNAL = ['__consumer_offsets', '__transaction_state']

export async function lookAtKafka({ config, now }: Around): Promise<SeenKafka> {
  const kafka = connectKafka(config, 'continuo-doctor', commandLog('doctor', config, 'silent'))
  const wanted = wantedTopics(config)
  const names = wanted.all.map(({ topic }) => topic)
  const seen = await withAdmin(kafka, async (admin) => {
    const { brokers } = await admin.describeCluster()
    return {
      brokers: brokers.length,
      settings: await settingsOf(
        admin,
        brokers.map(({ nodeId }) => nodeId),
      ),
      topics: await topicsThere(admin, names),
      internal: new Map((await topicsThere(admin, INTERNAL)).map((topic) => [topic.name, topic])),
    }
  })
  const { REPLICATION_FACTOR: copies, PROCESSING_GUARANTEE: guarantee, KAFKA_BROKERS } = config
  return {
    ...seen,
    requests: await requestsOf(kafka),
    steps: planTopics(wanted.all, new Map(seen.topics.map((topic) => [topic.name, topic]))),
    wanted: { ...wanted, copies, guarantee, brokers: KAFKA_BROKERS.join(',') },
    clock: await brokersClock({ kafka, topics: seen.topics, prefix: config.TOPIC_PREFIX, now }),
  }
}

const requestsOf = (kafka: Kafka) =>
  withCluster(kafka, async ({ brokerPool }) => brokerPool.seedBroker.versions)

async function settingsOf(admin: Admin, nodes: readonly number[]): Promise<SeenKafka['settings']> {
  const resources = nodes.map((node) => ({ type: BROKER_RESOURCE, name: String(node) }))
  try {
    return [...(await configsOf(admin, resources)).values()]
  } catch (error) {
    if ((error as { type?: string }).type?.endsWith('AUTHORIZATION_FAILED')) return undefined
    throw error
  }
}

async function topicsThere(admin: Admin, names: readonly string[]): Promise<SeenTopic[]> {
  const all = new Set(await admin.listTopics())
  const there = names.filter((name) => all.has(name))
  if (there.length === 0) return []
  const configs = await configsOf(
    admin,
    there.map((name) => ({ type: TOPIC_RESOURCE, name })),
  )
  const { topics } = await admin.fetchTopicMetadata({ topics: there })
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.length,
    config: configs.get(name) ?? {},
    copies: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    inSync: Math.min(...partitions.map(({ isr }) => isr.length)),
    leaderless: partitions.filter(({ leader }) => leader < 0).length,
  }))
}

async function configsOf(
  admin: Admin,
  resources: { type: number; name: string }[],
): Promise<Map<string, Record<string, string>>> {
  const described = await admin.describeConfigs({ includeSynonyms: false, resources })
  return new Map(
    described.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
}
