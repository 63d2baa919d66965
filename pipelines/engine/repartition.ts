import type { GraphNode } from './graph.ts'
import type { OutgoingRecords } from './outgoing-records.ts'
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

  /** Name of the topic, without prefix. */
  get topic(): string {
    return this.#options.topic
  }

  /** Tells every partition how far this task has come, if they do not know, by a record without key or value. */
  mark(records: OutgoingRecords): void {
    if (!this.#isNews) return
    const { from, partition: upstream, partitions } = this.#options
    this.#told = { time: this.#watermark, idle: from.subGraph.idle }
    const { time: watermark, idle } = this.#told
    const headers = { [STAMP_HEADER]: encodeMarker({ watermark, upstream, idle }) }
    for (let partition = 0; partition < partitions; partition++) records.addNull('', partition, headers)
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

export const throughTwice = (topology: string, topic: string) =>
  `${topology} writes to ${topic} twice and reads it by keyBy(), which would get the rows of both: give each keyBy() a topic of its ` +
  'own to go through, or bring the streams together before it with merge()'
