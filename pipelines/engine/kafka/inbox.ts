import type { FetchedBatch, RawRecord } from './raw-record.ts'

/** Some records in order, and where their topics' partitions stand once they are settled. */
export interface Run {
  records: RawRecord[]
  /** Topic (as Kafka knows it) to next offset. */
  positions: Map<string, bigint>
}

/** Fetched batches of one task that have not been processed, in order of arrival. */
export class Inbox {
  #batches: FetchedBatch[] = []
  /** Bytes of the keys and values that wait. */
  bytes = 0

  add(batch: FetchedBatch): void {
    this.#batches.push(batch)
    this.bytes += bytesOf(batch.records)
  }

  get empty(): boolean {
    return this.#batches.length === 0
  }

  /** Takes up to `limit` records; a batch may be taken in parts. */
  take(limit: number): Run {
    const run: Run = { records: [], positions: new Map() }
    while (this.#batches[0] !== undefined && run.records.length < limit) {
      const batch = this.#batches[0]
      const taken = batch.records.slice(0, limit - run.records.length)
      run.records.push(...taken)
      const rest = batch.records[taken.length]
      run.positions.set(batch.topic, rest === undefined ? batch.nextOffset : rest.offset)
      if (rest === undefined) this.#batches.shift()
      else this.#batches[0] = { ...batch, records: batch.records.slice(taken.length) }
    }
    this.bytes -= bytesOf(run.records)
    return run
  }
}

const bytesOf = (records: readonly RawRecord[]) =>
  records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0)
