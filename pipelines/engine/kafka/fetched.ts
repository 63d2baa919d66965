import type { Batch } from 'kafkajs'
import type { RawRecord, TopicPartition } from '../raw-record.ts'
import { readRecords } from './record-batch/read-records.ts'
import type { RecordBatch } from './record-batch/record-batch.ts'

/** Records of one partition in offset order, as one fetch brought them. */
export interface FetchedBatch extends TopicPartition {
  records: RawRecord[]
  /** The first offset that the fetch does not cover; control and aborted records are behind it. */
  nextOffset: bigint
  highWatermark: bigint
  /** The first offset that could not be read by that fetch: of committed records the last stable one. */
  readableEnd: bigint
}

/** What a fetch has brought of a partition, its records still in their batches. */
export interface FetchedRecords {
  /** See {@link FetchedBatch}. */
  readableEnd: bigint
  /** Those at `from` and behind. @throws BatchError */
  records(from: bigint): RawRecord[]
}

/** kafkajs hands on messages: all that a fetch has brought of a partition is one, of the last offset. */
interface Carrier {
  offset: string
  /** kafkajs moves its position past control records, and shows them to nobody. */
  isControlRecord: boolean
  fetched: FetchedRecords
}

/** What kafkajs is to hand on: of `batches` those that are `committed`, from the offset `from` that was asked for. */
export function carrierOf(
  batches: RecordBatch[],
  committed: RecordBatch[],
  from: bigint,
  readableEnd: bigint,
): Carrier[] {
  const last = batches.at(-1)
  if (last === undefined) return []
  const filled = committed.filter(({ lastOffset, count }) => lastOffset >= from && count > 0)
  const records = (next: bigint) => filled.flatMap((batch) => readRecords(batch, next > from ? next : from))
  return [
    {
      offset: String(last.lastOffset),
      isControlRecord: filled.length === 0,
      fetched: { readableEnd, records },
    },
  ]
}

/** What has been fetched, of a batch of a consumer that `readingBatches` has started. */
export const fetchedIn = (batch: Batch): FetchedRecords => (batch.messages[0] as unknown as Carrier).fetched
