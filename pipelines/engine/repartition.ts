import type { GraphNode } from './graph.ts'
import type { Row } from './row.ts'
import { STAMP_HEADER, encodeMarker, encodeStamp } from './stamp.ts'
import type { SubGraph } from './sub-graph.ts'
import type { Progress } from './upstreams.ts'

export interface RepartitionOptions {
  topic: string
  /** The operator whose rows go through the topic. */
  from: GraphNode
  /** What reads it. */
  behind: SubGraph
  /** Partition index of the task, and how many of them there are. */
  partition: number
  partitions: number
}

/** What tells a partition of a repartition topic how far this task has come: a record without key or value. */
export interface MarkerRecord {
  topic: string
  partition: number
  key: ''
  value: null
  headers: Record<string, Buffer>
}

/**
 * One end of a repartition topic: says with every row how far its task has come, and by markers where that is not told by rows. See
 * {@link Upstreams} for the other end.
 */
export class Repartition {
  readonly #options: RepartitionOptions
  /** What all partitions have been told last. */
  #told: Progress = { time: -Infinity, idle: false }

  constructor(options: RepartitionOptions) {
    this.#options = options
  }

  /** What goes with a row. */
  headersOf({ time }: Row<unknown>): Record<string, Buffer> {
    const { from, partition, partitions } = this.#options
    const watermark = this.#watermark
    // The only partition has been told by the row.
    if (partitions === 1) this.#told = { time: watermark, idle: false }
    const carried = from.subGraph.carried - from.holdBackMs
    return { [STAMP_HEADER]: encodeStamp({ time, carried, upstream: partition, watermark }) }
  }

  /** Whether there is something to tell. */
  get isDue(): boolean {
    return this.#isNews || (this.#isHeard && !this.#options.from.subGraph.idle)
  }

  /** Tells every partition how far this task has come, if they do not know. */
  markers(): MarkerRecord[] {
    if (!this.#isNews) return []
    const { topic, from, partition: upstream, partitions } = this.#options
    this.#told = { time: this.#watermark, idle: from.subGraph.idle }
    const { time: watermark, idle } = this.#told
    const headers = { [STAMP_HEADER]: encodeMarker({ watermark, upstream, idle }) }
    return Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition,
      key: '',
      value: null,
      headers,
    }))
  }

  /** Whether any operator goes by it. */
  get #isHeard(): boolean {
    return this.#options.behind.isAwaited
  }

  get #isNews(): boolean {
    const { subGraph } = this.#options.from
    return this.#isHeard && (this.#watermark > this.#told.time || subGraph.idle !== this.#told.idle)
  }

  get #watermark(): number {
    const { subGraph, holdBackMs } = this.#options.from
    return subGraph.time - holdBackMs
  }
}
