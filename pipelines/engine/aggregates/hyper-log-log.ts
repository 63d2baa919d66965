/** 2^14 registers: a standard error of 1.04 / √2^14 = 0.81 %. */
const INDEX_BITS = 14
export const REGISTERS = 2 ** INDEX_BITS
/** Of a hash's 64 bits, those whose leading zeros are counted; the highest rank is one more. */
const RANK_BITS = 64 - INDEX_BITS

/**
 * Counts different hashes in 16 KiB, however many they are, within 0.81 % (one standard error). What it holds depends only
 * on which hashes were added, not on their order, their repetition or their split over merged counters.
 *
 *     64 bits of hash  =  14 bits: which register  |  50 bits 000…01xxx: the rank is the place of the first 1
 *     a register remembers the highest rank it has met: n hashes leave ranks of about log2(n / 2^14)
 *
 * Sources: Heule, Nunkesser, Hall, HyperLogLog in Practice, 2013 (64 bits of hash); Ertl, New cardinality estimation
 * algorithms for HyperLogLog sketches, 2017, algorithm 6 (an estimate for every range, without tables of measured bias).
 */
export class HyperLogLog {
  readonly #ranks: Uint8Array
  /** How many registers have which rank: the estimate is told with every row, and does not go through the registers. */
  readonly #registersOf = new Uint32Array(RANK_BITS + 2)

  /** Begins with the {@link REGISTERS} registers that {@link bytes} gave. */
  constructor(ranks: Uint8Array = new Uint8Array(REGISTERS)) {
    this.#ranks = Uint8Array.from(ranks)
    for (const rank of ranks) this.#registersOf[rank]! += 1
  }

  /** Adds a hash by its two words of 32 bits. */
  add(high: number, low: number): void {
    this.#raise(high >>> (32 - INDEX_BITS), rankOf(high << INDEX_BITS, low))
  }

  addAll({ bytes }: HyperLogLog): void {
    for (let index = 0; index < REGISTERS; index++) this.#raise(index, bytes[index]!)
  }

  get estimate(): number {
    let z = 0
    for (let rank = RANK_BITS + 1; rank > 0; rank--) z = (z + this.#registersOf[rank]!) / 2
    z += REGISTERS * sigma(this.#registersOf[0]! / REGISTERS)
    return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z))
  }

  /** The registers, a byte each; they go on changing. */
  get bytes(): Uint8Array {
    return this.#ranks
  }

  #raise(index: number, rank: number): void {
    const before = this.#ranks[index]!
    if (rank <= before) return
    this.#ranks[index] = rank
    this.#registersOf[before]! -= 1
    this.#registersOf[rank]! += 1
  }
}

/** Place of the first 1, from 1 on, in the 18 bits at the top of `top` and the 32 of `low`. */
function rankOf(top: number, low: number): number {
  if (top !== 0) return Math.clz32(top) + 1
  return 32 - INDEX_BITS + Math.clz32(low) + 1
}

/** x + x² + 2 x⁴ + 4 x⁸ …: what the share of registers that no hash has met says (Ertl, equation for σ). */
function sigma(x: number): number {
  if (x === 1) return Infinity
  let [total, power, weight] = [x, x, 1]
  for (;;) {
    power *= power
    const more = total + power * weight
    if (more === total) return total
    total = more
    weight *= 2
  }
}
