import { isUtf8 } from 'node:buffer'
import { compileFunction } from 'node:vm'

/** Bytes that are no value of the schema which is said to have written them. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

/** What Node has for every encoding, and tells of none. */
type Bytes = Buffer & { utf8Slice(start: number, end: number): string }

/** So many items that take no bytes a value may hold: nothing else would bound what a few bytes make. */
export const MOST_WEIGHTLESS = 65_536

const LONGEST_LONG_BYTES = 10
const NUMBER_BYTES = 7

/**
 * Reads the values of Avro's binary encoding one after another. It never reads beyond the bytes, and nothing that it makes is larger than
 * they are, but for items that take no bytes. @throws MalformedError
 */
export class ByteReader {
  at = 0
  #bytes = Buffer.alloc(0) as Bytes
  /** Items without bytes that there have been. */
  #weightless = 0

  begin(bytes: Buffer, at: number): void {
    this.#bytes = bytes as Bytes
    this.at = at
    this.#weightless = 0
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length
  }

  null(): null {
    return null
  }

  boolean(): boolean {
    const byte = this.#bytes[this.at++]
    if (byte !== 0 && byte !== 1) throw malformed('boolean')
    return byte === 1
  }

  int(): number {
    const value = this.long()
    if ((value | 0) !== value) throw malformed('int')
    return value
  }

  /** A long that a number holds exactly. */
  long(): number {
    const byte = this.#bytes[this.at]!
    if (byte < 0x80) {
      this.at++
      return (byte >>> 1) ^ -(byte & 1)
    }
    const value = this.#longer()
    if (typeof value === 'bigint') throw malformed('long within 2^53')
    return value
  }

  /** Any long: a bigint where a number would round it. */
  exactLong(): number | bigint {
    return this.#longer()
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#pass(4))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#pass(8))
  }

  /** A number of a long or an int that is read as a float or a double: the same number, or none. */
  longAsDouble(): number {
    const value = this.#longer()
    const double = Number(value)
    if (BigInt(double) !== BigInt(value)) throw malformed('long that a double holds exactly')
    return double
  }

  longAsFloat(): number {
    const double = this.longAsDouble()
    if (Math.fround(double) !== double) throw malformed('long that a float holds exactly')
    return double
  }

  string(): string {
    const bytes = this.#bytes
    const length = this.long()
    const start = this.at
    const end = start + length
    if (length < 0 || end > bytes.length) throw malformed('length')
    this.at = end
    if (length <= SHORT) {
      const text = shortTexts[length]!(bytes, start, letters)
      if (text !== undefined) return text
    }
    const text = bytes.utf8Slice(start, end)
    // Stands for what is no UTF-8, unless it was written: texts that differ in that would become one.
    if (text.includes(REPLACEMENT) && !isUtf8(bytes.subarray(start, end))) throw malformed('text in UTF-8')
    return text
  }

  bytes(): Buffer {
    return this.fixed(this.long())
  }

  /** A copy: what is read outlives the batch that it came in. */
  fixed(length: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#pass(length), this.at))
  }

  /** Whether the branch of a union of two, of which one is null, is that one. */
  isNull(nullAt: number): boolean {
    const branch = this.#bytes[this.at++]
    if (branch !== 0 && branch !== 2) throw malformed('branch')
    return branch >>> 1 === nullAt
  }

  /**
   * How many items the next block of an array or a map says that it has, which is no more than there are bytes for; 0 is the end.
   * @param itemBytes that an item takes at least; of such as take none there are only so many in all
   */
  block(itemBytes: number): number {
    const said = this.long()
    const size = said < 0 ? this.long() : 0
    const count = Math.abs(said)
    if (itemBytes === 0) this.#weightless += count
    const left = this.#bytes.length - this.at
    if (size < 0 || count * itemBytes > left || this.#weightless > MOST_WEIGHTLESS) throw malformed('block')
    return count
  }

  skip(length: number): void {
    this.#pass(length)
  }

  /** Where something of this length begins that is passed over. */
  #pass(length: number): number {
    const start = this.at
    if (length < 0 || length > this.#bytes.length - start) throw malformed('length')
    this.at = start + length
    return start
  }

  #longer(): number | bigint {
    const bytes = this.#bytes
    let at = this.at
    let byte = 0x80
    let low = 0
    for (let shift = 0; byte > 0x7f && shift < 28; shift += 7) {
      byte = bytes[at++] ?? 0x100
      low |= (byte & 0x7f) << shift
    }
    let high = 0
    for (let factor = 1; byte > 0x7f && at - this.at < NUMBER_BYTES; factor *= 0x80) {
      byte = bytes[at++] ?? 0x100
      high += (byte & 0x7f) * factor
    }
    if (byte > 0x7f) return this.#longest()
    this.at = at
    if (high === 0) return (low >>> 1) ^ -(low & 1)
    const value = high * 2 ** 28 + low
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #longest(): number | bigint {
    let value = 0n
    for (let count = 0; count < LONGEST_LONG_BYTES; count++) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) break
      value |= BigInt(byte & 0x7f) << BigInt(7 * count)
      if (byte > 0x7f) continue
      if (value >= 2n ** 64n) break
      const long = value & 1n ? -((value + 1n) >> 1n) : value >> 1n
      return Number.isSafeInteger(Number(long)) ? Number(long) : long
    }
    throw malformed('long')
  }
}

const malformed = (wanted: string) => new MalformedError(`not a ${wanted}`)

/** What Node makes of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd'

const SHORT = 20
const letters = String.fromCharCode

type ShortText = (bytes: Buffer, at: number, letters: typeof String.fromCharCode) => string | undefined

/**
 * By length: makes a text of ASCII, and undefined of anything else. Most texts of an event are so short that asking the machine for one costs
 * twice as much.
 */
const shortTexts = Array.from({ length: SHORT + 1 }, (_, length) => {
  const names = Array.from({ length }, (__, index) => `c${index}`)
  const bytes = names.map((name, index) => `${name} = bytes[at + ${index}]`)
  const body = `const ${bytes.join(', ')}\nif ((${names.join(' | ')}) < 0x80) return letters(${names.join(', ')})`
  return compileFunction(length === 0 ? `return ''` : body, ['bytes', 'at', 'letters']) as ShortText
})
