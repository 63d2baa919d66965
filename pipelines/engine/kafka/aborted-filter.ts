import { type RecordBatch, isControl, isTransactional } from './record-batch/record-batch.ts'
import { readRecords } from './record-batch/read-records.ts'

export interface AbortedTransaction {
  producerId: bigint
  firstOffset: bigint
}

/** A control record's key is (version int16, type int16); type 0 is an abort, 1 a commit. */
const ABORT = 0

function isAbortMarker(batch: RecordBatch): boolean {
  if (!isControl(batch)) return false
  const key = readRecords(batch, batch.baseOffset)[0]?.key ?? null
  return key !== null && key.length >= 4 && key.readInt16BE(2) === ABORT
}

/**
 * The batches that hold records for a reader of committed ones, as the Kafka protocol's fetch response tells them from the others: of
 * each aborted transaction it has the producer and the first offset; it ends at that producer's abort marker.
 */
export function committedBatches(batches: RecordBatch[], aborted: AbortedTransaction[]): RecordBatch[] {
  const pending = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const open = new Set<bigint>()
  return batches.filter((batch) => {
    // All that have begun, not the next alone: of several that overlap, none may come through.
    while (pending[0] !== undefined && pending[0].firstOffset <= batch.lastOffset) {
      open.add(pending[0].producerId)
      pending.shift()
    }
    if (open.size > 0 && isAbortMarker(batch)) open.delete(batch.producerId)
    return !isControl(batch) && !(isTransactional(batch) && open.has(batch.producerId))
  })
}
