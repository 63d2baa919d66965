import { type FoundEnd, InputQueue, type Run } from './input-queue.ts'
import { OrderedInputs } from './ordered-inputs.ts'
import { schemaIdOf } from '../../../schemas/codec.ts'
import type { RawRecord } from '../raw-record.ts'
import type { FetchedBatch } from './fetched.ts'

export interface InboxOptions {
  /** Topics, as Kafka knows them; the records of those in one group are taken in the order of their time. */
  groups: readonly (readonly string[])[]
  /** A topic by itself: no run has records of it and of others. */
  apart?: string
  /** Event time, ms since 1970; undefined for a record that will be set aside. Called when the schemas that {@link Inbox.takeSchemas} has given are known. */
  timeOf(record: RawRecord): number | undefined
  /** How long an input that is empty, and not known to be at its end, is waited for by those of its group, ms. 0 does not wait. */
  maxIdleMs: number
}

/**
 * What a record of a fetched batch takes of memory besides its bytes, about: its object, its offset, and the views of its
 * key and value. Measured on Node 22: 370.
 */
export const RECORD_BYTES = 400

/** Fetched batches of one task that have not been processed: in order of time within a group, of arrival between groups. */
export class Inbox {
  readonly #queues: ReadonlyMap<string, InputQueue>
  readonly #groups: readonly OrderedInputs[]
  readonly #apart: OrderedInputs | undefined
  #arrivals = 0
  #schemas = new Set<number>()
  /** Memory that what waits takes, about, in bytes. */
  bytes = 0

  constructor({ groups, apart, timeOf, maxIdleMs }: InboxOptions) {
    const all = apart === undefined ? groups : [...groups, [apart]]
    const queues = all.map((group) => group.map((topic) => new InputQueue(topic, timeOf)))
    this.#queues = new Map(queues.flat().map((queue) => [queue.topic, queue]))
    this.#groups = queues.map((group) => new OrderedInputs(group, maxIdleMs))
    this.#apart = apart === undefined ? undefined : this.#groups.at(-1)
  }

  /** `now` is by a clock that only goes forward, ms; the same for all. */
  add(batch: FetchedBatch, now = performance.now()): void {
    this.#queue(batch.topic).add(batch, this.#arrivals, now)
    this.#arrivals += 1
    this.bytes += bytesOf(batch.records)
    for (const record of batch.records) {
      const id = record.schemaId ?? schemaIdOf(record.value)
      if (id !== undefined) this.#schemas.add(id)
    }
  }

  /** A fetch of this topic has found nothing more to read. */
  atEnd(topic: string, found: FoundEnd): void {
    this.#queue(topic).foundEnd(found)
  }

  /** Topics of which fetches have found nothing for so long, ms. */
  quietFor(ms: number): string[] {
    return [...this.#queues.values()].filter((queue) => queue.isQuietFor(ms)).map(({ topic }) => topic)
  }

  /** Schemas of the values that have come since the last call: they are to be known before {@link take}. */
  takeSchemas(): ReadonlySet<number> {
    const schemas = this.#schemas
    this.#schemas = new Set()
    return schemas
  }

  get topics(): string[] {
    return [...this.#queues.keys()]
  }

  /** Whether records of this topic wait. */
  has(topic: string): boolean {
    return !this.#queue(topic).empty
  }

  /** Whether {@link take} would give something, `now` being any clock that only goes forward, ms. */
  ready(now: number): boolean {
    return (
      this.#queues.values().some(({ hasPassed }) => hasPassed) ||
      this.#groups.some((group) => group.ready(now))
    )
  }

  /** When an input that is waited for need be no longer, on the same clock; undefined if none is. */
  waitsUntil(now: number): number | undefined {
    const times = this.#groups.map((group) => group.waitsUntil(now)).filter((time) => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Inputs, by topic, that are empty and waited for by others which have something. */
  waitsFor(now: number): string[] {
    return this.#groups.flatMap((group) => group.waitsFor(now))
  }

  /** Takes up to `limit` records; a batch may be taken in parts. */
  take(limit: number, now: number): Run {
    const run: Run = { records: [], positions: new Map() }
    for (const queue of this.#queues.values()) queue.pass(run)
    let from: OrderedInputs | undefined
    while (run.records.length < limit) {
      const ready = this.#groups.filter((group) => group.ready(now))
      const [first, ...others] = ready
      if (first === undefined) break
      const next = others.reduce((one, two) => (two.arrival < one.arrival ? two : one), first)
      if (from !== undefined && from !== next && (from === this.#apart || next === this.#apart)) break
      next.takeInto(run, limit)
      from = next
    }
    this.bytes -= bytesOf(run.records)
    return run
  }

  #queue(topic: string): InputQueue {
    const queue = this.#queues.get(topic)
    if (queue === undefined) throw new Error(`${topic} is no input of this task`)
    return queue
  }
}

const bytesOf = (records: readonly RawRecord[]) =>
  records.reduce((sum, record) => sum + RECORD_BYTES + (record.bytes ?? bytesOfRecord(record)), 0)

const bytesOfRecord = ({ key, value, headers }: RawRecord) =>
  (key?.length ?? 0) + (value?.length ?? 0) + bytesOfHeaders(headers)

function bytesOfHeaders(headers: RawRecord['headers']): number {
  let sum = 0
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) for (const each of value) sum += each.length
    else sum += value?.length ?? 0
  }
  return sum
}
