import { BatchError, MalformedError } from './batch-error.ts'
import { Cursor } from './cursor.ts'
import { FetchedRecord } from './fetched-record.ts'
import { inflate } from './inflate.ts'
import { AT, ATTRIBUTES, type RecordBatch } from './record-batch.ts'

/** Length, attributes, deltas of time and offset, lengths of key and value, number of headers. */
const SMALLEST_RECORD = 7

/**
 * The records of a batch from offset `from` on. Compressed ones are inflated; of each only where its parts lie is read.
 * @throws BatchError if there is anything but the records that the batch says it has.
 */
export function readRecords(batch: RecordBatch, from: bigint): FetchedRecord[] {
  try {
    return recordsOf(batch, from)
  } catch (error) {
    if (error instanceof MalformedError)
      throw new BatchError(batch, batch.baseOffset, `a record batch cannot be read: ${error.message}`)
    throw error
  }
}

function recordsOf(batch: RecordBatch, from: bigint): FetchedRecord[] {
  const { bytes, attributes, count, baseOffset } = batch
  const compression = attributes & ATTRIBUTES.compression
  const stored = bytes.subarray(AT.records)
  // Compaction keeps the last batch of a producer although it has taken all records out of it.
  if (count === 0) return []
  const cursor = new Cursor(compression === 0 ? stored : inflate(compression, stored))
  if (count * SMALLEST_RECORD > cursor.end)
    throw new MalformedError(`it is too short for its ${count} records`)
  const { baseTimestamp, appendTime } = timesOf(batch)
  const records: FetchedRecord[] = []
  const skipped = Number(from - baseOffset)
  const lastDelta = Number(batch.lastOffset - baseOffset)
  let delta = -1
  for (let index = 0; index < count; index += 1) {
    const end = cursor.varint() + cursor.at
    cursor.skip(1)
    const timestamp = baseTimestamp + cursor.varlong()
    const before = delta
    delta = cursor.varint()
    if (delta <= before || delta > lastDelta)
      throw new MalformedError(`offset ${delta} follows ${before} in it`)
    const record = new FetchedRecord(batch, delta, appendTime ?? timestamp, cursor)
    if (cursor.at !== end) throw new MalformedError(`its record ${index} has another length than it says`)
    if (delta >= skipped) records.push(record)
  }
  if (cursor.at !== cursor.end) throw new MalformedError(`there are bytes behind its ${count} records`)
  return records
}

/** Of a batch whose records have the time at which the broker appended it, that one. */
function timesOf({ bytes, attributes }: RecordBatch) {
  const appended = (attributes & ATTRIBUTES.logAppendTime) !== 0
  return {
    baseTimestamp: Number(bytes.readBigInt64BE(AT.baseTimestamp)),
    appendTime: appended ? Number(bytes.readBigInt64BE(AT.maxTimestamp)) : undefined,
  }
}
