import { randomUUID } from 'node:crypto'
import type { Kafka, KafkaMessage } from 'kafkajs'

/** The offsets [from, to) of one partition. */
export interface OffsetRange {
  topic: string
  partition: number
  from: bigint
  to: bigint
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}:${partition}`

/**
 * Reads ranges of partitions, committed records only, under a throw-away group that leaves nothing behind.
 * It ends by position, not by a last record: what a transaction wrote ends in a control record, which no consumer is shown.
 * If transactions are still open within a range it waits until they end, and while the broker is away it waits as well.
 * @throws what `onMessages` throws, at once: kafkajs would call it with the same messages again and again.
 */
export async function readRanges(
  kafka: Kafka,
  ranges: readonly OffsetRange[],
  onMessages: (topic: string, messages: KafkaMessage[]) => void | Promise<void>,
): Promise<void> {
  /** What is still to be read: `from` moves on. */
  const left = new Map(
    ranges.filter(({ from, to }) => from < to).map((range) => [keyOf(range), { ...range }]),
  )
  if (left.size === 0) return
  const topics = [...new Set([...left.values()].map(({ topic }) => topic))]

  const consumer = kafka.consumer({ groupId: `continuo.import.${randomUUID()}`, maxWaitTimeInMs: 100 })
  const ended = Promise.withResolvers<undefined>()
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const { topic, partition, from } of left.values()) {
      consumer.seek({ topic, partition, offset: from.toString() })
    }
  })
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const range = left.get(keyOf(payload))
    if (range === undefined) return
    const next = BigInt(payload.lastOffset) + 1n
    if (next > range.from) range.from = next
    if (range.from >= range.to) left.delete(keyOf(range))
    if (left.size === 0) ended.resolve(undefined)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) ended.reject(payload.error)
  })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics, fromBeginning: true })
    const running = consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const range = left.get(keyOf({ topic, partition }))
        if (range === undefined) return
        const inside = ({ offset }: KafkaMessage) => BigInt(offset) >= range.from && BigInt(offset) < range.to
        try {
          await onMessages(topic, messages.filter(inside))
        } catch (error) {
          ended.reject(error)
        }
      },
    })
    await Promise.all([running, ended.promise])
  } finally {
    await consumer.disconnect()
  }
}
