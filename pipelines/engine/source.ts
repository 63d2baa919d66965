import { Subject } from 'rxjs'
import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'
import { Rows, graphNode } from './graph.ts'
import type { RawRecord } from './raw-record.ts'
import type { Row } from './row.ts'
import type { SourceOptions } from './task-context.ts'
import { requireLength } from './windows.ts'

/** By this header a row keeps its time through a repartition topic: ms since 1970, 8 bytes, big-endian. */
export const TIME_HEADER = 'continuo-time'

export function encodeTime(time: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(time))
  return bytes
}

/** Why the time of a record cannot be used; `reason` is what a dead letter carries. */
export class TimeError extends Error {
  override readonly name = 'TimeError'
  readonly reason: 'no_usable_time' | 'time_in_future'
  constructor(reason: TimeError['reason']) {
    super(reason)
    this.reason = reason
  }
}

/** What a record without a value is: wrong in a stream, the deletion of its key in a table. */
export type NullRule = 'dead-letter' | 'tombstone'

/** A topic that a task reads: makes rows of its records, and tells its sub-graph how far time has come. */
export class Source {
  readonly topic: Topic<unknown>
  readonly rows: Rows<Row<unknown>>
  readonly #options: SourceOptions<unknown> | 'repartitioned'
  readonly #nulls: NullRule
  readonly #subject = new Subject<Row<unknown>>()
  #aheadMs: number | undefined

  constructor(topic: Topic<unknown>, options: SourceOptions<unknown> | 'repartitioned', nulls: NullRule) {
    this.topic = topic
    this.#options = options
    this.#nulls = nulls
    if (options !== 'repartitioned' && options.aheadMs !== undefined)
      requireLength(
        options.aheadMs,
        '0 or more',
        `read(${topic.name}): no time is ${options.aheadMs} ms ahead`,
      )
    const node = graphNode('read', topic.name, [])
    this.rows = new Rows(node, (out) => this.#subject.subscribe(out))
    if (nulls === 'dead-letter') node.subGraph.readsStream()
  }

  /** @throws TopologyError where one topology reads a topic in two ways. */
  requireSame(options: SourceOptions<unknown> | 'repartitioned', nulls: NullRule): void {
    const [one, two] = [this.#options, options]
    const same =
      one === two ||
      (one !== 'repartitioned' &&
        two !== 'repartitioned' &&
        one.time === two.time &&
        one.aheadMs === two.aheadMs)
    if (same && nulls === this.#nulls) return
    throw new TopologyError(
      `${this.topic.name} is read in two ways: read it once with its time, and use these rows, or the changes of this ` +
        'table, twice',
    )
  }

  /** @throws DecodeError for a value, TimeError for a time that cannot be used. */
  rowOf(record: RawRecord, codec: Codec): Row<unknown> {
    const value = this.#value(record, codec)
    const time = this.#time(record, value)
    if (!Number.isSafeInteger(time)) throw new TimeError('no_usable_time')
    if (time > record.timestamp + this.#ahead()) throw new TimeError('time_in_future')
    return { key: record.key === null ? '' : record.key.toString(), value, time, origin: record }
  }

  take(row: Row<unknown>): void {
    const { subGraph } = this.rows.node
    if (this.#nulls === 'dead-letter' || !subGraph.hasStreams) subGraph.advance(row.time, row.origin)
    this.#subject.next(row)
  }

  timeOf(record: RawRecord, codec: Codec): number | undefined {
    try {
      const needsValue = this.#options !== 'repartitioned' && this.#options.time !== undefined
      const time = this.#time(record, needsValue ? this.#value(record, codec) : null)
      return Number.isSafeInteger(time) ? time : undefined
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  }

  #value({ value }: RawRecord, codec: Codec): unknown {
    return value === null && this.#nulls === 'tombstone' ? null : codec.decode(this.topic, value)
  }

  /** By what a record takes its turn; undefined if it will be set aside, so that a wrong clock holds nobody up. */
  orderOf(record: RawRecord, codec: Codec): number | undefined {
    const time = this.timeOf(record, codec)
    return time !== undefined && time <= record.timestamp + this.#ahead() ? time : undefined
  }

  #time(record: RawRecord, value: unknown): number {
    if (this.#options === 'repartitioned') return timeIn(record)
    if (value === null) return record.timestamp
    return this.#options.time?.(value) ?? record.timestamp
  }

  /** Known when the whole topology has been put together, at the first row. */
  #ahead(): number {
    return (this.#aheadMs ??= this.#options === 'repartitioned' ? Infinity : this.#tolerance(this.#options))
  }

  #tolerance({ aheadMs }: SourceOptions<unknown>): number {
    return aheadMs ?? this.rows.node.subGraph.graceMs
  }

  /** @throws TopologyError unless its tolerance is within the grace of those who go by its time. */
  check(): void {
    if (this.#options === 'repartitioned' || this.#options.aheadMs === undefined) return
    const { graceMs } = this.rows.node.subGraph
    if (this.#options.aheadMs <= graceMs) return
    throw new TopologyError(
      `read(${this.topic.name}): times ${this.#options.aheadMs} ms ahead would close windows with a grace of ${graceMs} ms ` +
        'while others still play: set aheadMs to the grace or less',
    )
  }
}

function timeIn({ headers }: RawRecord): number {
  const header = [headers[TIME_HEADER]].flat()[0]
  return Buffer.isBuffer(header) && header.length === 8 ? Number(header.readBigInt64BE()) : NaN
}
