import type { Codec } from '../../schemas/codec.ts'
import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'
import { OutgoingRecords } from './outgoing-records.ts'
import type { TaskWork } from './task-work.ts'

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
  #records = new Map<string, OutgoingRecords>()

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
      const records = this.to(topic.name)
      if (value === null) {
        records.addNull(key, partition, headers)
        return
      }
      this.#codec.write(topic, value, records.values)
      records.add(key, partition, headers)
    }
  }

  /** What is written to the topic of that name. */
  to(topic: string): OutgoingRecords {
    const known = this.#records.get(topic)
    if (known !== undefined) return known
    const records = new OutgoingRecords(topic)
    this.#records.set(topic, records)
    return records
  }

  /** All that has been written since the last call, of each topic in order. */
  take(): OutgoingRecords[] {
    const records = [...this.#records.values()]
    this.#records = new Map()
    return records
  }
}
