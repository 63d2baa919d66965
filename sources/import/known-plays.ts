const FIRST_SLOTS = 1 << 12
const FULLEST = 0.75
/** Of equal plays, those told by earlier files in the upper half, those of the file that is being read in the lower. */
const HALF = 16
const MOST = (1 << HALF) - 1

/**
 * How often each play has been told, by the first 64 bits of its id. Of equal plays there are as many as the file that tells most of them
 * has: so exports that overlap add nothing, and equal rows of one file are plays of their own. 12 bytes a slot, at most 32 a play.
 */
export class KnownPlays {
  #slots = FIRST_SLOTS
  #used = 0
  #high = new Uint32Array(FIRST_SLOTS)
  #low = new Uint32Array(FIRST_SLOTS)
  #counts = new Uint32Array(FIRST_SLOTS)

  /** One more that has been imported. */
  add(playId: string): void {
    const slot = this.#slotOf(playId)
    const known = this.#counts[slot]! >>> HALF
    if (known < MOST) this.#counts[slot] = ((known + 1) << HALF) >>> 0
  }

  /** One more in the file that is being read: its number among equal ones if it is new, else -1. */
  take(playId: string): number {
    const slot = this.#slotOf(playId)
    const counts = this.#counts[slot]!
    const number = counts & MOST
    // Nobody ends one play so often in a minute.
    if (number === MOST) return -1
    this.#counts[slot] = counts + 1
    return number >= counts >>> HALF ? number : -1
  }

  /** The next file begins to count anew. */
  endFile(): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      const counts = this.#counts[slot]!
      const most = Math.max(counts >>> HALF, counts & MOST)
      this.#counts[slot] = (most << HALF) >>> 0
    }
  }

  /** Where the play is counted, which may be a place that is free for it. */
  #slotOf(playId: string): number {
    const high = parseInt(playId.slice(0, 8), 16)
    // Never 0, by which a free slot is known.
    const low = parseInt(playId.slice(8, 16), 16) || 1
    let slot = this.#find(high, low)
    if (this.#low[slot] !== 0) return slot
    if (this.#used >= this.#slots * FULLEST) {
      this.#grow()
      slot = this.#find(high, low)
    }
    this.#used += 1
    this.#high[slot] = high
    this.#low[slot] = low
    return slot
  }

  #find(high: number, low: number): number {
    const mask = this.#slots - 1
    let slot = high & mask
    while (this.#low[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const [highs, lows, counts] = [this.#high, this.#low, this.#counts]
    this.#slots *= 2
    this.#high = new Uint32Array(this.#slots)
    this.#low = new Uint32Array(this.#slots)
    this.#counts = new Uint32Array(this.#slots)
    for (let old = 0; old < lows.length; old++) {
      if (lows[old] === 0) continue
      const slot = this.#find(highs[old]!, lows[old]!)
      this.#high[slot] = highs[old]!
      this.#low[slot] = lows[old]!
      this.#counts[slot] = counts[old]!
    }
    // Given back now, and not when there is time to look for what nobody holds.
    for (const { buffer } of [highs, lows, counts]) buffer.transfer(0)
  }
}
