import type { Kafka, TopicMessages, Transaction as KafkajsTransaction } from 'kafkajs'
import type { TopicPartition } from '../raw-record.ts'
import type { OutgoingRecords } from '../outgoing-records.ts'
import { withAdmin } from './admin.ts'
import { countsOf } from './ensure-topics.ts'
import { KeyBytes } from './key-bytes.ts'
import { partitionByKey } from './partition-by-key.ts'
import { batchMessage } from './produce-batches.ts'
import { BatchWriter } from './record-batch/batch-writer.ts'
import { partitionKey } from '../raw-record.ts'
import { Sequences } from './sequences.ts'

/** What goes to one partition in one send is one record batch, which may not exceed the topic's `max.message.bytes`. */
export const BYTES_A_BATCH = 512 * 1024
/** What goes to all partitions in one send, about. */
const BYTES_A_SEND = 4 * 1024 * 1024
const BYTES_AROUND_A_RECORD = 64
/** So often kafkajs asks how many partitions a topic has. */
const PARTITIONS_GOOD_FOR_MS = 300_000

interface PartitionCount {
  count: number
  until: number
}

/**
 * kafkajs begins again with what it has sent, which it does when it cannot reach a broker to ask who leads the partitions after a
 * request has failed. The transaction is to be left, as after any other failure of a broker, and not the process.
 */
class SentTwice extends Error {
  override readonly name = 'SentTwice'
  readonly retriable = true

  constructor({ topic, partition }: TopicPartition) {
    super(`${topic}:${partition}: a batch is sent twice`)
  }
}

/** A transaction, or a producer without. */
type Transaction = Pick<KafkajsTransaction, 'sendBatch'>

/** Sends what one producer writes, in batches of which the buffers are kept from one transaction to the next. */
export class OutgoingBatches {
  readonly #kafka: Kafka
  readonly #sequences = new Sequences()
  readonly #writers = new Map<string, Map<number, BatchWriter>>()
  readonly #counts = new Map<string, PartitionCount>()
  readonly #keys = new KeyBytes()

  constructor(kafka: Kafka) {
    this.#kafka = kafka
  }

  /**
   * Sends the records of each topic in their order, those without a partition to that of their key. Topics go by their names in Kafka.
   * Answers where each partition ends behind them, by {@link partitionKey}. After an error nothing more may be sent: what was numbered
   * may not have been written.
   */
  async send(
    transaction: Transaction,
    outgoing: readonly OutgoingRecords[],
    nameOf: (topic: string) => string,
  ): Promise<Map<string, bigint>> {
    const ends = new Map<string, bigint>()
    await this.#learnCounts(outgoing.filter(({ keyed }) => keyed).map(({ topic }) => nameOf(topic)))
    let total = 0
    for (const records of outgoing) {
      const topic = nameOf(records.topic)
      const writers = this.#writersOf(topic)
      const partitions = records.keyed ? this.#counts.get(topic)!.count : 0
      const { bytes } = records
      for (let index = 0; index < records.count; index++) {
        const key = this.#keys.of(records.key(index))
        const writer = writerOf(writers, records.partition(index) ?? partitionByKey(key, partitions))
        const [start, end] = [records.start(index), records.end(index)]
        const size = key.length + end - start + BYTES_AROUND_A_RECORD
        const full = writer.count > 0 && writer.size + size > BYTES_A_BATCH
        if (full || total > BYTES_A_SEND) {
          await this.#flush(transaction, ends)
          total = 0
        }
        writer.write(key, records.isNull(index) ? null : bytes, start, end, records.headers(index))
        total += size
      }
    }
    await this.#flush(transaction, ends)
    return ends
  }

  #writersOf(topic: string): Map<number, BatchWriter> {
    const known = this.#writers.get(topic)
    if (known !== undefined) return known
    const writers = new Map<number, BatchWriter>()
    this.#writers.set(topic, writers)
    return writers
  }

  async #flush(transaction: Transaction, ends: Map<string, bigint>): Promise<void> {
    const topicMessages: TopicMessages[] = []
    for (const [topic, writers] of this.#writers) {
      const filled = [...writers].filter(([, { count }]) => count > 0)
      const messages = filled.map(([partition, writer]) => batchMessage(partition, this.#ready(writer)))
      if (messages.length > 0) topicMessages.push({ topic, messages })
    }
    if (topicMessages.length === 0) return
    for (const { topicName: topic, partition, baseOffset } of await transaction.sendBatch({
      acks: -1,
      topicMessages,
    })) {
      const { count } = this.#writers.get(topic)!.get(partition)!
      const at = BigInt(baseOffset ?? -1)
      if (at >= 0n) ends.set(partitionKey({ topic, partition }), at + BigInt(count))
    }
    for (const writers of this.#writers.values()) for (const writer of writers.values()) writer.reset()
  }

  /** Sent twice, the same records would be written twice, under numbers that differ. */
  #ready(writer: BatchWriter) {
    let sent = false
    return {
      seal: (sender: Parameters<Sequences['take']>[0]) => {
        if (sent) throw new SentTwice(sender)
        sent = true
        const baseSequence = this.#sequences.take(sender, writer.count)
        return writer.seal({ ...sender, baseSequence }, Date.now())
      },
    }
  }

  async #learnCounts(topics: string[]): Promise<void> {
    const now = performance.now()
    const unknown = [...new Set(topics)].filter((topic) => !((this.#counts.get(topic)?.until ?? 0) > now))
    if (unknown.length === 0) return
    const counts = await withAdmin(this.#kafka, (admin) => countsOf(admin, unknown))
    for (const [topic, count] of counts)
      this.#counts.set(topic, { count, until: now + PARTITIONS_GOOD_FOR_MS })
  }
}

function writerOf(writers: Map<number, BatchWriter>, partition: number): BatchWriter {
  const known = writers.get(partition)
  if (known !== undefined) return known
  const writer = new BatchWriter()
  writers.set(partition, writer)
  return writer
}
