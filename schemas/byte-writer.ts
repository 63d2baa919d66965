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

  /** A whole number that is exact, in Avro's bytes of seven bits, the sign last. */
  avroLong(value: number): void {
    this.#ensure(LONGEST_LONG_BYTES)
    if (value >= -(2 ** 30) && value < 2 ** 30) {
      let bits = (value << 1) ^ (value >> 31)
      for (; bits > 0x7f; bits >>>= 7) this.#chunk[this.#at++] = (bits & 0x7f) | 0x80
      this.#chunk[this.#at++] = bits
      return
    }
    if (value >= 2 ** 51 || value < -(2 ** 51)) return this.avroBigint(BigInt(value))
    let left = value >= 0 ? value * 2 : -value * 2 - 1
    for (; left > 0x7f; left = Math.floor(left / 0x80)) this.#chunk[this.#at++] = (left & 0x7f) | 0x80
    this.#chunk[this.#at++] = left
  }

  /** The same of any long. */
  avroBigint(value: bigint): void {
    this.#ensure(LONGEST_LONG_BYTES)
    let left = value >= 0n ? value << 1n : (-value << 1n) - 1n
    for (; left > 0x7fn; left >>= 7n) this.#chunk[this.#at++] = Number(left & 0x7fn) | 0x80
    this.#chunk[this.#at++] = Number(left)
  }

  /** A text, with its length before it. */
  avroString(value: string): void {
    if (value.length < ONE_BYTE_LONGS) {
      this.#ensure(1 + MOST_UTF8_BYTES * value.length)
      const length = this.#chunk.write(value, this.#at + 1)
      if (length < ONE_BYTE_LONGS) {
        this.#chunk[this.#at] = length << 1
        this.#at += 1 + length
        return
      }
    }
    const bytes = Buffer.byteLength(value)
    this.avroLong(bytes)
    this.#ensure(bytes)
    this.#chunk.write(value, this.#at)
    this.#at += bytes
  }

  floatLittleEndian(value: number): void {
    this.#ensure(4)
    this.#at = this.#chunk.writeFloatLE(value, this.#at)
  }

  doubleLittleEndian(value: number): void {
    this.#ensure(8)
    this.#at = this.#chunk.writeDoubleLE(value, this.#at)
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
/** Of a UTF-16 unit of a text. */
const MOST_UTF8_BYTES = 3
const LONGEST_LONG_BYTES = 10
