import { crc32c } from '@node-rs/crc32'
import { AT, ATTRIBUTES, MAGIC } from './record-batch.ts'

/** A record that is to be written, as it will lie in its batch. */
export interface RecordToWrite {
  key: string
  value: Buffer | null
  headers?: Record<string, Buffer>
}

/** Who writes a batch: sequence numbers count the records of a producer in a partition. */
export interface BatchProducer {
  producerId: bigint
  producerEpoch: number
  baseSequence: number
}

const SHORT = 40
const SMALLEST_BUFFER = 16 * 1024
/** What grew for one large record is not kept for small ones. */
const LARGEST_KEPT = 1024 * 1024
/** Attributes and the delta of time. */
const BYTES_BEFORE_DELTA = 2
const LARGEST_VARINT = 5
const NO_LEADER_EPOCH = -1
const NO_PRODUCER_ID = -1n

/** Names are few: those of ours, and what users of a topic have agreed upon. */
const NAMES_KEPT = 100
const bytesByName = new Map<string, Buffer>()

/**
 * Puts records into one batch, in a buffer that grows and is used again for the next. All records have the time of the batch,
 * which is that at which it is sealed.
 */
export class BatchWriter {
  #bytes = Buffer.allocUnsafeSlow(SMALLEST_BUFFER)
  #at: number = AT.records
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Bytes of the batch so far. */
  get size(): number {
    return this.#at
  }

  add({ key, value, headers }: RecordToWrite): void {
    this.write(Buffer.from(key), value, 0, value?.length ?? 0, headers)
  }

  /** Adds a record of which the value lies in `values` from `start` to `end`; null is none. */
  write(
    key: Uint8Array,
    values: Uint8Array | null,
    start: number,
    end: number,
    headers?: Record<string, Buffer>,
  ): void {
    const valueLength = values === null ? -1 : end - start
    const length =
      BYTES_BEFORE_DELTA +
      varintLength(this.#count) +
      varintLength(key.length) +
      key.length +
      varintLength(valueLength) +
      end -
      start +
      (headers === undefined ? 1 : lengthOfHeaders(headers))
    this.#ensure(LARGEST_VARINT + length)
    this.#varint(length)
    this.#bytes[this.#at++] = 0
    this.#bytes[this.#at++] = 0
    this.#varint(this.#count)
    this.#varint(key.length)
    this.#copy(key, 0, key.length)
    this.#varint(valueLength)
    if (values !== null) this.#copy(values, start, end)
    if (headers === undefined) this.#bytes[this.#at++] = 0
    else this.#headers(headers)
    this.#count += 1
  }

  /** The batch as a transactional producer sends it, or as one without an id does, valid until {@link reset}. `timestamp` is in ms since 1970. */
  seal({ producerId, producerEpoch, baseSequence }: BatchProducer, timestamp: number): Buffer {
    const batch = this.#bytes.subarray(0, this.#at)
    batch.writeBigInt64BE(0n, 0)
    batch.writeInt32BE(batch.length - AT.leaderEpoch, AT.length)
    batch.writeInt32BE(NO_LEADER_EPOCH, AT.leaderEpoch)
    batch.writeInt8(MAGIC, AT.magic)
    batch.writeInt16BE(producerId === NO_PRODUCER_ID ? 0 : ATTRIBUTES.transactional, AT.attributes)
    batch.writeInt32BE(this.#count - 1, AT.lastOffsetDelta)
    batch.writeBigInt64BE(BigInt(timestamp), AT.baseTimestamp)
    batch.writeBigInt64BE(BigInt(timestamp), AT.maxTimestamp)
    batch.writeBigInt64BE(producerId, AT.producerId)
    batch.writeInt16BE(producerEpoch, AT.producerEpoch)
    batch.writeInt32BE(baseSequence, AT.baseSequence)
    batch.writeInt32BE(this.#count, AT.count)
    batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc)
    return batch
  }

  /** Begins the next batch in the same buffer. */
  reset(): void {
    if (this.#bytes.length > LARGEST_KEPT) this.#bytes = Buffer.allocUnsafeSlow(SMALLEST_BUFFER)
    this.#at = AT.records
    this.#count = 0
  }

  #ensure(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + more))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  /** Seven bits a byte, the lowest first, the sign in the lowest bit. */
  #varint(value: number): void {
    let bits = (value << 1) ^ (value >> 31)
    while ((bits & ~0x7f) !== 0) {
      this.#bytes[this.#at++] = (bits & 0x7f) | 0x80
      bits >>>= 7
    }
    this.#bytes[this.#at++] = bits
  }

  /** Short ones byte by byte: a call of `set` takes longer than 40 of them. */
  #copy(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > SHORT) this.#bytes.set(bytes.subarray(start, end), this.#at)
    else for (let from = start, to = this.#at; from < end;) this.#bytes[to++] = bytes[from++]!
    this.#at += end - start
  }

  #headers(headers: Record<string, Buffer>): void {
    let count = 0
    for (const _ in headers) count += 1
    this.#varint(count)
    for (const name in headers) {
      const [nameBytes, value] = [bytesOfName(name), headers[name]!]
      this.#varint(nameBytes.length)
      this.#copy(nameBytes, 0, nameBytes.length)
      this.#varint(value.length)
      this.#copy(value, 0, value.length)
    }
  }
}

function varintLength(value: number): number {
  const bits = ((value << 1) ^ (value >> 31)) >>> 0
  return bits < 0x80 ? 1 : bits < 0x4000 ? 2 : bits < 0x20_0000 ? 3 : bits < 0x1000_0000 ? 4 : LARGEST_VARINT
}

function lengthOfHeaders(headers: Record<string, Buffer>): number {
  let [count, bytes] = [0, 0]
  for (const name in headers) {
    const [{ length: nameLength }, { length }] = [bytesOfName(name), headers[name]!]
    bytes += varintLength(nameLength) + nameLength + varintLength(length) + length
    count += 1
  }
  return varintLength(count) + bytes
}

function bytesOfName(name: string): Buffer {
  const known = bytesByName.get(name)
  if (known !== undefined) return known
  const bytes = Buffer.from(name)
  if (bytesByName.size < NAMES_KEPT) bytesByName.set(name, bytes)
  return bytes
}
