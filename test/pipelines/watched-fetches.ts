import type { Kafka } from 'kafkajs'
import { type TopicPartition, partitionKey } from '../../pipelines/engine/raw-record.ts'

/** How far the members of one group have fetched, through a client of this process. */
export class WatchedFetches {
  /** How often the group has been told that the member is alive. */
  heartbeats = 0
  readonly #next = new Map<string, { topic: string; next: number }>()

  /** `onBatch` is called before the engine is given what has been fetched, which is counted already. */
  constructor(kafka: Kafka, groupId: string, onBatch: () => void) {
    const consumer = kafka.consumer.bind(kafka)
    kafka.consumer = (config) => {
      const made = consumer(config)
      if (config.groupId !== groupId) return made
      made.on(made.events.HEARTBEAT, () => (this.heartbeats += 1))
      made.on(made.events.START_BATCH_PROCESS, ({ payload }) => {
        this.#reaches(payload, Number(payload.lastOffset) + 1)
        onBatch()
      })
      return made
    }
  }

  /** Records of a topic, as Kafka knows it, that have been fetched, if nothing of it is a control record. */
  of(topic: string): number {
    const ofTopic = this.#next.values().filter((each) => each.topic === topic)
    return ofTopic.reduce((sum, { next }) => sum + next, 0)
  }

  #reaches({ topic, partition }: TopicPartition, next: number): void {
    const key = partitionKey({ topic, partition })
    this.#next.set(key, { topic, next: Math.max(next, this.#next.get(key)?.next ?? 0) })
  }
}
