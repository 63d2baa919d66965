import type { TopicPartition } from '../../raw-record.ts'

/** Bytes that are no record batch, or one that cannot be read. The message says where they lie and what to do. */
export class BatchError extends Error {
  override readonly name = 'BatchError'
  /** kafkajs repeats a fetch that does not say so: the same bytes would come again. */
  readonly retriable = false

  constructor({ topic, partition }: TopicPartition, offset: bigint, what: string) {
    super(`${topic}:${partition} at offset ${offset}: ${what}`)
  }
}

/** What is wrong with bytes, told by those who do not know where they lie. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}
