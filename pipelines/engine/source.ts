import { type Codec, DecodeError } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'
import { type Rows, graphNode } from './graph.ts'
import { Outlet } from './outlet.ts'
import { type RawRecord, keyOf } from './raw-record.ts'
import type { Row } from './row.ts'
import { type Stamp, markerIn, stampIn } from './stamp.ts'
import type { SourceOptions } from './task-context.ts'
import { Upstreams } from './upstreams.ts'
import { requireLength } from './windows.ts'

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
  readonly #options: SourceOptions<unknown> | 'repartitioned'
  readonly #nulls: NullRule
  readonly #outlet: Outlet<Row<unknown>>
  #aheadMs: number | undefined
  /** Of a repartition topic: how far those have come who write to it. */
  readonly upstreams: Upstreams | undefined
  /** What the last row carried through it. */
  #stamp: Stamp | undefined
  /** All of it has been read, for some time; of no meaning for a repartition topic. */
  idle = false

  /** `partitions`: how many tasks there are, each of which may write to a repartition topic. */
  constructor(
    topic: Topic<unknown>,
    options: SourceOptions<unknown> | 'repartitioned',
    nulls: NullRule,
    partitions = 1,
  ) {
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
    this.#outlet = new Outlet(node)
    if (options === 'repartitioned') node.subGraph.readsFrom((this.upstreams = new Upstreams(partitions)))
    else if (nulls === 'dead-letter') node.subGraph.readsStream(this)
    else node.subGraph.readsTable(this)
  }

  get rows(): Rows<Row<unknown>> {
    return this.#outlet.rows
  }

  /** @throws TopologyError where one topology reads a topic in two ways. */
  requireSame(
    topic: Topic<unknown>,
    options: SourceOptions<unknown> | 'repartitioned',
    nulls: NullRule,
  ): void {
    const [one, two] = [this.#options, options]
    const same =
      one === two ||
      (one !== 'repartitioned' &&
        two !== 'repartitioned' &&
        one.time === two.time &&
        one.aheadMs === two.aheadMs)
    if (same && nulls === this.#nulls && topic.value.type === this.topic.value.type) return
    throw new TopologyError(
      `${this.topic.name} is read in two ways: read it once with its time and all fields that are needed, and use these rows, or ` +
        'the changes of this table, twice',
    )
  }

  /** @throws DecodeError for a value, TimeError for a time that cannot be used. */
  rowOf(record: RawRecord, codec: Codec): Row<unknown> {
    const value = this.#value(record, codec)
    const time = this.#time(record, value)
    if (!Number.isSafeInteger(time)) throw new TimeError('no_usable_time')
    if (time > record.timestamp + this.#ahead()) throw new TimeError('time_in_future')
    return { key: keyOf(record), value, time, origin: record }
  }

  /** Lets the row go on that {@link rowOf} has made last. */
  take(row: Row<unknown>): void {
    const { subGraph } = this.rows.node
    this.idle = false
    if (this.#stamp !== undefined) {
      const { upstream, watermark, carried } = this.#stamp
      this.upstreams!.hear(upstream, watermark, false)
      subGraph.catchUp(row.origin)
      subGraph.passes(carried)
    } else if (this.#nulls === 'dead-letter' || !subGraph.hasStreams) {
      subGraph.advance(row.time, row.origin)
      if (subGraph.isRepartitioned) subGraph.passes(subGraph.read)
    }
    this.#outlet.next(row)
    subGraph.passed()
  }

  /** Takes a record that is no row but says how far an upstream task has come. Answers whether it is one. */
  takeMarker(record: RawRecord): boolean {
    if (this.upstreams === undefined || record.value !== null) return false
    const marker = markerIn(record)
    if (marker === undefined || !this.#isUpstream(marker)) return false
    this.upstreams.hear(marker.upstream, marker.watermark, marker.idle)
    this.rows.node.subGraph.catchUp(record)
    return true
  }

  #isUpstream({ upstream, watermark }: { upstream: number; watermark: number }): boolean {
    return upstream >= 0 && upstream < this.upstreams!.count && !Number.isNaN(watermark)
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

  #value(record: RawRecord, codec: Codec): unknown {
    const { value } = record
    return value === null && this.#nulls === 'tombstone' ? null : codec.decode(this.topic, value)
  }

  /** By what a record takes its turn; undefined if it will be set aside, so that a wrong clock holds nobody up. */
  orderOf(record: RawRecord, codec: Codec): number | undefined {
    const time = this.timeOf(record, codec)
    return time !== undefined && time <= record.timestamp + this.#ahead() ? time : undefined
  }

  #time(record: RawRecord, value: unknown): number {
    if (this.#options === 'repartitioned') return this.#stampOf(record)?.time ?? NaN
    if (value === null) return record.timestamp
    return this.#options.time?.(value) ?? record.timestamp
  }

  #stampOf(record: RawRecord): Stamp | undefined {
    const stamp = stampIn(record)
    const usable = stamp !== undefined && this.#isUpstream(stamp) && !Number.isNaN(stamp.carried)
    return (this.#stamp = usable ? stamp : undefined)
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
