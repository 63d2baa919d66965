import { hash } from 'node:crypto'
import { otherVersion } from '../errors.ts'
import { HyperLogLog, REGISTERS } from './hyper-log-log.ts'

/** So many are counted exactly, 8 bytes each, before 16 KiB of registers take over. */
const EXACT = 512
/** Forms of its bytes. */
const HASHED = 1
const REGISTERED = 2

/**
 * Counts different texts without keeping them: exactly up to 512, by 64 bits of their SHA-256, then by a {@link HyperLogLog}.
 * The count depends only on which texts were added, not on their order or their split over merged counters.
 */
export class DistinctCounter {
  /** Two words for each hash, in order of arrival. */
  #hashes = new Uint32Array(4)
  #size = 0
  #registers: HyperLogLog | undefined

  /** What has been added to `a` and to `b`; both stay as they are. */
  static merged(a: DistinctCounter, b: DistinctCounter): DistinctCounter {
    const both = new DistinctCounter()
    both.#addAll(a)
    both.#addAll(b)
    return both
  }

  /**
   * Reads what {@link bytes} gave. @throws TopologyError on anything else.
   */
  static from(bytes: Buffer): DistinctCounter {
    const read = new DistinctCounter()
    const [form, content] = [bytes[0], bytes.subarray(1)]
    if (form === REGISTERED && content.length === REGISTERS) {
      read.#registers = new HyperLogLog(content)
    } else if (form === HASHED && content.length % 8 === 0) {
      for (let at = 0; at < content.length; at += 8)
        read.#add(content.readUInt32BE(at), content.readUInt32BE(at + 4))
    } else {
      throw otherVersion('the state of distinct()')
    }
    return read
  }

  add(text: string): void {
    const digest = hash('sha256', text)
    this.#add(parseInt(digest.slice(0, 8), 16), parseInt(digest.slice(8, 16), 16))
  }

  /** How many different texts, about. */
  get count(): number {
    return this.#registers === undefined ? this.#size : Math.max(this.#registers.estimate, EXACT + 1)
  }

  /** What there is to see of it. */
  toJSON(): number {
    return this.count
  }

  /**
   * One byte that says which of two follows: 1 and the hashes, big-endian, 8 bytes each in order of arrival; or 2 and the
   * registers, a byte each. A new text changes the end, or one byte, so that most pages of a changelog stay as they are.
   */
  bytes(): Buffer {
    if (this.#registers !== undefined)
      return Buffer.concat([Uint8Array.of(REGISTERED), this.#registers.bytes])
    const bytes = Buffer.allocUnsafe(1 + 8 * this.#size)
    bytes[0] = HASHED
    for (let word = 0; word < 2 * this.#size; word++) bytes.writeUInt32BE(this.#hashes[word]!, 1 + 4 * word)
    return bytes
  }

  #addAll(other: DistinctCounter): void {
    if (other.#registers === undefined) {
      for (let at = 0; at < 2 * other.#size; at += 2) this.#add(other.#hashes[at]!, other.#hashes[at + 1]!)
    } else {
      this.#useRegisters().addAll(other.#registers)
    }
  }

  #add(high: number, low: number): void {
    if (this.#registers !== undefined) {
      this.#registers.add(high, low)
    } else if (!this.#has(high, low)) {
      if (this.#size < EXACT) this.#keep(high, low)
      else this.#useRegisters().add(high, low)
    }
  }

  #has(high: number, low: number): boolean {
    const hashes = this.#hashes
    for (let at = 0; at < 2 * this.#size; at += 2)
      if (hashes[at + 1] === low && hashes[at] === high) return true
    return false
  }

  #keep(high: number, low: number): void {
    const end = 2 * this.#size
    if (end === this.#hashes.length) {
      const wider = new Uint32Array(2 * end)
      wider.set(this.#hashes)
      this.#hashes = wider
    }
    this.#hashes[end] = high
    this.#hashes[end + 1] = low
    this.#size += 1
  }

  #useRegisters(): HyperLogLog {
    if (this.#registers !== undefined) return this.#registers
    this.#registers = new HyperLogLog()
    for (let at = 0; at < 2 * this.#size; at += 2)
      this.#registers.add(this.#hashes[at]!, this.#hashes[at + 1]!)
    this.#hashes = new Uint32Array()
    this.#size = 0
    return this.#registers
  }
}
