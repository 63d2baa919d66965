import type { Type } from 'avsc'

const CHUNK_BYTES = 64 * 1024

/**
 * Puts one value behind the other in chunks of memory, each a view when it is done: state is written in one go, by however many
 * codecs, without a buffer for each part of it.
 */
export class ByteWriter {
  readonly #chunkBytes: number
  #chunk: Buffer
  #start = 0
  #at = 0

  constructor(chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes
    this.#chunk = Buffer.allocUnsafeSlow(chunkBytes)
  }

  /** Bytes of the value so far. */
  get length(): number {
    return this.#at - this.#start
  }

  byte(value: number): void {
    this.#ensure(1)
    this.#chunk[this.#at++] = value
  }

  int32(value: number): void {
    this.#ensure(4)
    this.#at = this.#chunk.writeInt32BE(value, this.#at)
  }

  /** A whole number, in 8 bytes, big-endian; by two halves, for a bigint is an object. */
  int64(value: number): void {
    this.#ensure(8)
    this.#at = this.#chunk.writeInt32BE(Math.floor(value / 2 ** 32), this.#at)
    this.#at = this.#chunk.writeUInt32BE(value >>> 0, this.#at)
  }

  double(value: number): void {
    this.#ensure(8)
    this.#at = this.#chunk.writeDoubleBE(value, this.#at)
  }

  bytes(value: Buffer): void {
    this.#ensure(value.length)
    this.#chunk.set(value, this.#at)
    this.#at += value.length
  }

  /** @throws what `type` throws of a value that is not of it. */
  avro(type: Type, value: unknown): void {
    const end = type.encode(value, this.#chunk, this.#at)
    if (end >= 0) {
      this.#at = end
      return
    }
    this.#ensure(this.#chunk.length - this.#at - end)
    this.avro(type, value)
  }

  /** Begins what has its length before it, as Avro's bytes have; {@link endBytes} is given what this answers. */
  beginBytes(): number {
    this.byte(0)
    return this.length
  }

  endBytes(from: number): void {
    const length = this.length - from
    if (length < ONE_BYTE_LONGS) {
      this.#chunk[this.#start + from - 1] = length << 1
      return
    }
    const value = Buffer.from(this.#chunk.subarray(this.#start + from, this.#at))
    this.#at = this.#start + from - 1
    this.avroLong(length)
    this.bytes(value)
  }

  /** A whole number from 0 to 2^30, in Avro's bytes of seven bits. */
  avroLong(value: number): void {
    let bits = value << 1
    for (; bits > 0x7f; bits >>>= 7) this.byte((bits & 0x7f) | 0x80)
    this.byte(bits)
  }

  /** The value that has been written since the last call. */
  take(): Buffer {
    const value = this.#chunk.subarray(this.#start, this.#at)
    this.#start = this.#at
    return value
  }

  /** What has been written of the value so far, which goes on. */
  get written(): Buffer {
    return this.#chunk.subarray(this.#start, this.#at)
  }

  /** Forgets what has been written of the value behind its first bytes. */
  truncate(length: number): void {
    this.#at = this.#start + length
  }

  #ensure(more: number): void {
    if (this.#at + more <= this.#chunk.length) return
    const length = this.length
    const chunk = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, 2 * (length + more)))
    this.#chunk.copy(chunk, 0, this.#start, this.#at)
    this.#chunk = chunk
    this.#start = 0
    this.#at = length
  }
}

const ONE_BYTE_LONGS = 64
