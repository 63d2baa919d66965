import { partitionByKey } from '../kafka/partition-by-key.ts'
import { type RawRecord, type TopicPartition, partitionKey } from '../raw-record.ts'
import type { OutgoingRecord } from '../outgoing-records.ts'
import { isMarker } from '../stamp.ts'

/** A record as it lies in a topic of the driver. */
export interface StoredRecord {
  key: string
  value: Buffer | null
  partition: number
}

/** Topics in memory, each with equally many partitions: keys fall on them as in Kafka. */
export class TopicLogs {
  readonly partitions: number
  readonly #logs = new Map<string, StoredRecord[]>()
  readonly #ends = new Map<string, bigint>()
  readonly #committed = new Map<string, bigint>()

  constructor(partitions: number) {
    this.partitions = partitions
  }

  /** Of a partition, or of all, in the order in which they were written. */
  of(topic: string, partition?: number): readonly StoredRecord[] {
    const all = this.#logs.get(topic) ?? []
    return partition === undefined ? all : all.filter((record) => record.partition === partition)
  }

  /** The next offset of a partition that has not been committed. */
  committed(partition: TopicPartition): bigint {
    return this.#committed.get(partitionKey(partition)) ?? 0n
  }

  /** A record has been processed, and all before it. */
  commit(record: RawRecord): void {
    const next = record.offset + 1n
    if (next > this.committed(record)) this.#committed.set(partitionKey(record), next)
  }

  /** Answers where the record lies now. */
  append({ topic, key, value, partition, headers = {} }: OutgoingRecord): {
    partition: number
    offset: bigint
  } {
    const chosen = partition ?? partitionByKey(Buffer.from(key), this.partitions)
    if (!(Number.isInteger(chosen) && chosen >= 0 && chosen < this.partitions))
      throw new RangeError(
        `${topic} has no partition ${chosen} but ${this.partitions}: see drive(…, { partitions })`,
      )
    const log = this.#logs.get(topic) ?? []
    this.#logs.set(topic, log)
    const id = partitionKey({ topic, partition: chosen })
    const offset = this.#ends.get(id) ?? 0n
    this.#ends.set(id, offset + 1n)
    // What tasks tell each other is no row of the topic.
    if (!isMarker({ headers })) log.push({ key, value, partition: chosen })
    return { partition: chosen, offset }
  }
}
