import type { Kafka } from 'kafkajs'
import type { Exchange } from './protocol.ts'

/** What kafkajs's consumers read with, and its public interface does not show; its version is pinned. */
export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Learns where the partitions of these topics are. */
  addMultipleTargetTopics(topics: string[]): Promise<void>
  refreshMetadata(): Promise<void>
  /** The partitions by the number of the broker that leads them; those whose leader is not known are left out. */
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(of: { nodeId: string }): Promise<ClusterBroker>
  brokerPool: {
    seedBroker: {
      versions: Record<number, { maxVersion: number }>
      connectionPool: { send<R>(request: Exchange<R>): Promise<R> }
    }
  }
}

export interface ClusterBroker {
  fetch(request: ClusterFetch): Promise<ClusterFetched>
}

export interface ClusterFetch {
  replicaId: number
  /** 1 is of committed records only. */
  isolationLevel: 0 | 1
  maxWaitTime: number
  minBytes: number
  maxBytes: number
  topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[]
}

export interface ClusterFetched {
  responses: { topicName: string; partitions: { partition: number; messages: { offset: string }[] }[] }[]
}

type CreateCluster = (options: { allowAutoTopicCreation: boolean }) => Cluster

/** Connections of one's own to the brokers of a client, which are not open yet. */
export function clusterOf(kafka: Kafka): Cluster {
  const name = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  if (name === undefined) throw new Error('this version of kafkajs hides its cluster: install the pinned one')
  const create = (kafka as unknown as Record<symbol, CreateCluster>)[name]!
  return create({ allowAutoTopicCreation: false })
}

/** Runs `work` with connections that are closed afterwards. */
export async function withCluster<T>(kafka: Kafka, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = clusterOf(kafka)
  await cluster.connect()
  try {
    return await work(cluster)
  } finally {
    await cluster.disconnect()
  }
}
