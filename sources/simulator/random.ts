import { createHash } from 'node:crypto'

/**
 * A repeatable source of chance: sfc32, the 32-bit "small fast counting" generator of Chris Doty-Humphrey's PractRand.
 * The same seed gives the same numbers on every machine; nothing secret may come from it.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    const state = createHash('sha256').update(seed).digest()
    this.#a = state.readInt32LE(0)
    this.#b = state.readInt32LE(4)
    this.#c = state.readInt32LE(8)
    for (let round = 0; round < 12; round++) this.uint32()
  }

  /** Uniform over 0 … 2³² − 1. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** Uniform over [0, 1). */
  unit(): number {
    return this.uint32() / 2 ** 32
  }

  /** Uniform over [low, high). */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low)
  }

  /** Uniform over 0 … below − 1. */
  int(below: number): number {
    return Math.floor(this.unit() * below)
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** @throws RangeError if there is nothing to pick from. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('cannot pick from an empty list')
    return from[this.int(from.length)]!
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit())
  }

  /** By Box and Muller's transform. */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()))
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.unit())
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.uint32() & 0xff))
  }

  /** Shaped like a UUID version 4 (RFC 9562). */
  uuid(): string {
    const words = Buffer.alloc(16)
    for (let at = 0; at < 16; at += 4) words.writeUInt32BE(this.uint32(), at)
    words[6] = (words[6]! & 0x0f) | 0x40
    words[8] = (words[8]! & 0x3f) | 0x80
    const hex = words.toString('hex')
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
}
