import type { Codec } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'
import type { TaskWork } from './task-work.ts'

/** A record that a task wants written. Without `partition` the key decides. */
export interface OutgoingRecord {
  /** Name without prefix. */
  topic: string
  partition: number | undefined
  key: string
  value: Buffer | null
  headers?: Record<string, Buffer>
}

/** Writes a value, or null to delete, under a key. */
export type WriteValue<V> = (
  key: string,
  value: V | null,
  partition: number | undefined,
  headers?: Record<string, Buffer>,
) => void

const ASYNCHRONOUS =
  'leave out operators that take their time, like delay() and mergeMap() of promises, for mapAsync()'

/** What the rows of a task want written, encoded, until the next commit. */
export class Outbox {
  readonly topics = new Set<Topic<unknown>>()
  readonly #topology: string
  readonly #codec: Codec
  readonly #work: TaskWork
  #records: OutgoingRecord[] = []

  constructor(topology: string, codec: Codec, work: TaskWork) {
    this.#topology = topology
    this.#codec = codec
    this.#work = work
  }

  /** A way to write to a topic. */
  writer<V>(topic: Topic<V>): WriteValue<V> {
    if (topic.value.partOf !== undefined)
      throw new TopologyError(
        `${this.#topology} cannot write to ${topic.name} by pick(), which is for reading some fields: write to the whole topic`,
      )
    this.topics.add(topic)
    const writes = `${this.#topology} writes to ${topic.name}`
    return (key, value, partition, headers) => {
      if (!this.#work.processing)
        throw new TopologyError(`${writes} when no record is processed: ${ASYNCHRONOUS}`)
      // Types are not checked where a test or a role just runs; what the key is not told, for it may be anything.
      if (typeof key !== 'string')
        throw new TypeError(`${writes} under a key that is no text but ${typeof key}`)
      const bytes = value === null ? null : this.#codec.encode(topic, value)
      const record = { topic: topic.name, partition, key, value: bytes }
      this.#records.push(headers === undefined ? record : { ...record, headers })
    }
  }

  /** All that has been written since the last call, in order. */
  take(): OutgoingRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }
}
