import type { RawRecord } from '../raw-record.ts'
import type { FetchedBatch } from './fetched.ts'

/** Some records in order, and where their topics' partitions stand once they are settled. */
export interface Run {
  records: RawRecord[]
  /** Topic (as Kafka knows it) to next offset. */
  positions: Map<string, bigint>
}

/** A fetch has found nothing more to read. */
export interface FoundEnd {
  /** When, on any clock that only goes forward, ms. */
  now: number
  /** More has been written, in a transaction that is not over. */
  pending: boolean
}

interface Waiting {
  batch: FetchedBatch
  /** When it came, counted over all inputs of the task. */
  arrival: number
  /** Of its next record. */
  index: number
}

/** Fetched records of one input that have not been processed. */
export class InputQueue {
  readonly topic: string
  readonly #waiting: Waiting[] = []
  readonly #timeOf: (record: RawRecord) => number | undefined
  /** Time of the first record, once it has been asked for. */
  #headTime: number | undefined
  /** Where the partition stands by batches without records, while no other waits. */
  #passed: bigint | undefined
  /** When fetches began to bring all that there was to read, and when the last one did; undefined while there is more. */
  #end: { since: number; seen: number } | undefined

  constructor(topic: string, timeOf: (record: RawRecord) => number | undefined) {
    this.topic = topic
    this.#timeOf = timeOf
  }

  /** Whether the last fetch has brought all that there was to read. */
  get atEnd(): boolean {
    return this.#end !== undefined
  }

  /** Whether fetches have brought nothing for so long, ms: until the last one, for what has come since nobody knows. */
  isQuietFor(ms: number): boolean {
    return this.empty && this.#end !== undefined && this.#end.seen - this.#end.since >= ms
  }

  foundEnd({ now, pending }: FoundEnd): void {
    const since = pending ? undefined : this.#end?.since
    this.#end = { since: since ?? now, seen: now }
  }

  get empty(): boolean {
    return this.#waiting.length === 0
  }

  get hasPassed(): boolean {
    return this.#passed !== undefined
  }

  /** When the batch came that is next. */
  get arrival(): number {
    return this.#waiting[0]?.arrival ?? Infinity
  }

  /** Of the first record, ms since 1970; what has none goes first, for it will be set aside. */
  get headTime(): number {
    const { batch, index } = this.#waiting[0]!
    return (this.#headTime ??= this.#timeOf(batch.records[index]!) ?? -Infinity)
  }

  add(batch: FetchedBatch, arrival: number, now: number): void {
    const isEnd = batch.nextOffset >= batch.readableEnd
    if (!isEnd || batch.records.length > 0) this.#end = undefined
    if (isEnd) this.foundEnd({ now, pending: batch.highWatermark > batch.nextOffset })
    const last = this.#waiting.at(-1)
    if (batch.records.length > 0) {
      this.#waiting.push({ batch, arrival, index: 0 })
      this.#passed = undefined
    } else if (last === undefined) this.#passed = batch.nextOffset
    else last.batch = { ...last.batch, nextOffset: batch.nextOffset }
  }

  /** Moves the position past batches that held no record. */
  pass(run: Run): void {
    if (this.#passed !== undefined) run.positions.set(this.topic, this.#passed)
    this.#passed = undefined
  }

  /** Moves records of one batch, the first and those behind it while `goesOn` says so. */
  take(run: Run, goesOn: () => boolean): void {
    const first = this.#waiting[0]!
    const { records, nextOffset } = first.batch
    do {
      run.records.push(records[first.index]!)
      this.#headTime = undefined
      first.index += 1
    } while (first.index < records.length && goesOn())
    run.positions.set(this.topic, records[first.index]?.offset ?? nextOffset)
    if (first.index === records.length) this.#waiting.shift()
  }
}
