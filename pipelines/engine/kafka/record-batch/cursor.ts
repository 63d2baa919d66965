import { MalformedError } from './batch-error.ts'

const BITS_OF_A_BYTE = 7
const MORE = 0x80
const LAST_SHIFT_OF_32 = 28
const LONGEST_VARLONG = 10

/**
 * Reads bytes from one position to the next, never beyond `end`. Numbers of variable length are those of Kafka's records:
 * seven bits a byte, the lowest first, the sign in the lowest bit (zigzag, as protobuf's `sint`).
 */
export class Cursor {
  readonly bytes: Buffer
  readonly end: number
  at: number

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /** Goes on by so many bytes; answers where they begin. */
  skip(length: number): number {
    const from = this.at
    if (length < 0 || length > this.end - from) throw tooShort()
    this.at = from + length
    return from
  }

  /** A signed whole number of 32 bits. */
  varint(): number {
    const { bytes } = this
    let at = this.at
    let byte = bytes[at++]!
    let bits = byte & (MORE - 1)
    for (let shift = BITS_OF_A_BYTE; byte >= MORE; shift += BITS_OF_A_BYTE) {
      if (shift > LAST_SHIFT_OF_32) throw new MalformedError('a number has more bytes than 32 bits take')
      byte = bytes[at++]!
      bits |= (byte & (MORE - 1)) << shift
    }
    if (at > this.end) throw tooShort()
    this.at = at
    return (bits >>> 1) ^ -(bits & 1)
  }

  /** A signed whole number of 64 bits; rounded beyond 2^53. */
  varlong(): number {
    if (this.bytes[this.at]! < MORE) return this.varint()
    let bits = 0n
    for (let length = 0; length < LONGEST_VARLONG; length += 1) {
      const byte = this.bytes[this.skip(1)]!
      bits |= BigInt(byte & (MORE - 1)) << BigInt(length * BITS_OF_A_BYTE)
      if (byte < MORE) return Number(BigInt.asIntN(64, (BigInt.asUintN(64, bits) >> 1n) ^ -(bits & 1n)))
    }
    throw new MalformedError('a number has more bytes than 64 bits take')
  }

  /** Passes over bytes that their length precedes; answers the length, -1 for null. */
  skipNullable(): number {
    const length = this.varint()
    if (length < -1) throw new MalformedError(`a length is ${length}`)
    if (length > 0) this.skip(length)
    return length
  }

  /** Whether the last bytes that it has passed over are this text of ASCII. */
  hasPassed(text: string): boolean {
    const from = this.at - text.length
    for (let at = 0; at < text.length; at++) if (this.bytes[from + at] !== text.charCodeAt(at)) return false
    return true
  }
}

const tooShort = () => new MalformedError('it ends before what it says that it holds')
