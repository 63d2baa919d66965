import type { StoreChange } from '../../pages.ts'
import { type TopicPartition, keyOf } from '../../raw-record.ts'
import { BatchError } from '../record-batch/batch-error.ts'
import { BatchWriter } from '../record-batch/batch-writer.ts'
import { readRecords } from '../record-batch/read-records.ts'
import { type RecordBatch, readBatches } from '../record-batch/record-batch.ts'
import { StateFileError } from './state-file-error.ts'

const BYTES_A_BLOCK = 256 * 1024
const NOBODY = { producerId: 0n, producerEpoch: 0, baseSequence: 0 }

/** Puts records into blocks: each is a record batch as Kafka's are, with a checksum, of records as the changelog has them. */
export class BlockWriter {
  readonly #batch = new BatchWriter()
  #full: Buffer[] = []
  #bytes = 0

  /** What waits to be taken. */
  get bytes(): number {
    return this.#bytes + this.#batch.size
  }

  add(change: StoreChange): void {
    this.#batch.add(change)
    if (this.#batch.size >= BYTES_A_BLOCK) this.seal()
  }

  /** Ends the block; answers how many wait to be taken. */
  seal(): number {
    if (this.#batch.count > 0) {
      // A copy: the buffer is used again.
      const block = Buffer.from(this.#batch.seal(NOBODY, Date.now()))
      this.#batch.reset()
      this.#full.push(block)
      this.#bytes += block.length
    }
    return this.#full.length
  }

  take(): Buffer[] {
    this.seal()
    const taken = this.#full
    this.#full = []
    this.#bytes = 0
    return taken
  }
}

/** Looks at a block as it was written. @throws StateFileError if its bytes are others */
export function checkedBlock(place: TopicPartition, bytes: Buffer): RecordBatch {
  try {
    const [batch] = readBatches(place, bytes, 0n)
    if (batch?.bytes.length === bytes.length) return batch
  } catch (cause) {
    if (!(cause instanceof BatchError)) throw cause
    throw new StateFileError('torn', 'the bytes of a block are not those that were written (CRC-32C)', {
      cause,
    })
  }
  throw new StateFileError('torn', 'a block of it has another length than it says')
}

/** The records of a block, in order. */
export function* changesOf(block: RecordBatch): Generator<StoreChange> {
  for (const record of readRecords(block, 0n)) yield { key: keyOf(record), value: record.value }
}
