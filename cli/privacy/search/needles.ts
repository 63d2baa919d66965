import type { Form } from './forms.ts'

/** A form of one of the identifiers. */
export interface Needle extends Form {
  /** Which identifier, from 0 on. */
  identifier: number
}

/** Where a needle has been found. */
export interface Match {
  needle: Needle
  /** Its first byte. */
  at: number
}

/** Of each needle so many bytes in a row are looked for first. */
const BLOCK_BYTES = 4
/** A bit for each number that a block can be spread to: a MiB, which a processor has at hand. */
const FILTER_BITS = 23
/** Spreads the numbers of blocks (Knuth, multiplicative hashing). */
const SPREAD = 0x9e3779b1

/** ASCII letters in lower case, and all other bytes as they are. */
const folded = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))

/** A needle that has a block, and where in it the block begins. */
interface Candidate {
  needle: Needle
  bytes: Uint8Array
  offset: number
}

/**
 * Finds any of many needles in bytes, in one pass. Of each needle four bytes are chosen that few others have; at each place in the bytes
 * one look at a bit tells that no needle can be there, and only where one can those are compared.
 */
export class Needles {
  /** What the longest of them takes. */
  readonly longest: number
  /** Whether one of them is digits alone, as a number would be told. */
  readonly haveDigits: boolean
  readonly #filter = new Uint8Array(2 ** (FILTER_BITS - 3))
  readonly #byBlock = new Map<number, Candidate[]>()

  constructor(needles: readonly Needle[]) {
    this.longest = needles.reduce((most, { bytes }) => Math.max(most, bytes.length), 0)
    this.haveDigits = needles.some(({ bytes }) => bytes.every(isDigit))
    // Short ones have no choice.
    for (const needle of needles.toSorted((one, other) => one.bytes.length - other.bytes.length))
      this.#add(needle)
  }

  #add(needle: Needle): void {
    const bytes = Uint8Array.from(needle.bytes, (byte) => folded[byte]!)
    let [rarest, offset, others] = [0, -1, Infinity]
    for (let at = 0; at + BLOCK_BYTES <= bytes.length && others > 0; at++) {
      const block = blockAt(bytes, at)
      const its = this.#byBlock.get(block)?.length ?? 0
      if (its < others) [rarest, offset, others] = [block, at, its]
    }
    if (offset < 0) throw new RangeError(`a needle has ${BLOCK_BYTES} bytes or more`)
    const bit = Math.imul(rarest, SPREAD) >>> (32 - FILTER_BITS)
    this.#filter[bit >>> 3]! |= 1 << (bit & 7)
    const candidates = this.#byBlock.get(rarest)
    if (candidates === undefined) this.#byBlock.set(rarest, [{ needle, bytes, offset }])
    else candidates.push({ needle, bytes, offset })
  }

  /** All places in `text` where a needle begins, overlapping ones too. */
  find(text: Uint8Array): Match[] {
    const found: Match[] = []
    const filter = this.#filter
    let block = 0
    for (let at = 0; at < text.length; at++) {
      block = (block << 8) | folded[text[at]!]!
      const bit = Math.imul(block, SPREAD) >>> (32 - FILTER_BITS)
      if ((filter[bit >>> 3]! & (1 << (bit & 7))) !== 0 && at >= BLOCK_BYTES - 1)
        this.#compare(text, at - BLOCK_BYTES + 1, block, found)
    }
    return found
  }

  #compare(text: Uint8Array, from: number, block: number, found: Match[]): void {
    for (const { needle, bytes, offset } of this.#byBlock.get(block) ?? []) {
      const at = from - offset
      if (at >= 0 && at + bytes.length <= text.length && isAt(text, at, needle, bytes))
        found.push({ needle, at })
    }
  }
}

const isDigit = (byte: number) => byte >= 48 && byte <= 57

const blockAt = (bytes: Uint8Array, at: number) =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!

function isAt(text: Uint8Array, at: number, needle: Needle, bytes: Uint8Array): boolean {
  const exact = needle.anyCase ? undefined : needle.bytes
  for (let index = 0; index < bytes.length; index++) {
    const byte = text[at + index]!
    if (exact === undefined ? folded[byte] !== bytes[index] : byte !== exact[index]) return false
  }
  return true
}
