import { ByteWriter } from '../../schemas/byte-writer.ts'

/** A record that a task wants written. Without `partition` the key decides. */
export interface OutgoingRecord {
  /** Name without prefix. */
  topic: string
  partition: number | undefined
  key: string
  value: Buffer | null
  headers?: Record<string, Buffer>
}

const FIRST_BYTES = 4 * 1024

/**
 * Records that a task wants written to one topic, in order. Their values lie one behind the other in one buffer, and of each there is
 * its key and where its value ends: an object and a buffer for each would cost more than all else that is done to write it.
 *
 *     values.avro(type, value)
 *     add(key)                    the record of what has been written into `values` since the last one
 */
export class OutgoingRecords implements Iterable<OutgoingRecord> {
  /** Name without prefix. */
  readonly topic: string
  /** Takes the value of the record that is added next. */
  readonly values = new ByteWriter(FIRST_BYTES)
  readonly #keys: string[] = []
  /** Of those that are not to go where all others do. */
  readonly #partitions: (number | undefined)[] = []
  /** Where values end; `~end` of a record that has none. */
  readonly #ends: number[] = []
  readonly #headers: (Record<string, Buffer> | undefined)[] = []
  readonly #partition: number | undefined
  #keyed = false

  /** `partition`: where those go that are added without one. Default: their keys decide. */
  constructor(topic: string, partition?: number) {
    this.topic = topic
    this.#partition = partition
  }

  get count(): number {
    return this.#keys.length
  }

  /** Whether the key of some decides where they go. */
  get keyed(): boolean {
    return this.#keyed
  }

  /** All values, of which {@link start} and {@link end} tell where each is. */
  get bytes(): Buffer {
    return this.values.written
  }

  add(key: string, partition?: number, headers?: Record<string, Buffer>): void {
    this.#add(key, this.values.length, partition, headers)
  }

  /** A record without a value. */
  addNull(key: string, partition?: number, headers?: Record<string, Buffer>): void {
    this.#add(key, ~this.values.length, partition, headers)
  }

  #add(key: string, end: number, partition: number | undefined, headers?: Record<string, Buffer>): void {
    this.#keyed ||= partition === undefined && this.#partition === undefined
    this.#keys.push(key)
    this.#ends.push(end)
    if (partition !== undefined) this.#partitions[this.#keys.length - 1] = partition
    if (headers !== undefined) this.#headers[this.#keys.length - 1] = headers
  }

  /** Takes back what has been written for the record that was to be added next; valid until more is written. */
  takeBack(): Buffer {
    const from = this.start(this.count)
    const bytes = this.bytes.subarray(from)
    this.values.truncate(from)
    return bytes
  }

  key(index: number): string {
    return this.#keys[index]!
  }

  partition(index: number): number | undefined {
    return this.#partitions[index] ?? this.#partition
  }

  headers(index: number): Record<string, Buffer> | undefined {
    return this.#headers[index]
  }

  isNull(index: number): boolean {
    return this.#ends[index]! < 0
  }

  start(index: number): number {
    return index === 0 ? 0 : this.end(index - 1)
  }

  end(index: number): number {
    const end = this.#ends[index]!
    return end < 0 ? ~end : end
  }

  *[Symbol.iterator](): Generator<OutgoingRecord, void> {
    const { topic, bytes } = this
    for (let index = 0; index < this.count; index++) {
      const value = this.isNull(index) ? null : bytes.subarray(this.start(index), this.end(index))
      const [partition, headers] = [this.partition(index), this.headers(index)]
      yield { topic, partition, key: this.key(index), value, ...(headers !== undefined && { headers }) }
    }
  }
}
