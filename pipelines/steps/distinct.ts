/**
 * Distinct 32-bit hashes, counted exactly. Of n things with random hashes about n² / 2³³ share theirs with another: one
 * of 90,000. Its bytes are kept ready, for a fold's state is written with every commit.
 */
export class DistinctHashes {
  readonly #seen = new Set<number>()
  #hashes: Uint32Array<ArrayBuffer>

  constructor(hashes: Uint32Array<ArrayBuffer> = new Uint32Array()) {
    this.#hashes = hashes
  }

  /** Reads what {@link bytes} gave. */
  static from(bytes: Buffer): DistinctHashes {
    const hashes = new Uint32Array(Uint8Array.from(bytes).buffer)
    const distinct = new DistinctHashes(hashes)
    for (const hash of hashes) distinct.#seen.add(hash)
    return distinct
  }

  get size(): number {
    return this.#seen.size
  }

  add(hash: number): void {
    const { size } = this.#seen
    if (this.#seen.add(hash).size === size) return
    if (size === this.#hashes.length) {
      const wider = new Uint32Array(Math.max(4, 2 * size))
      wider.set(this.#hashes)
      this.#hashes = wider
    }
    this.#hashes[size] = hash
  }

  /** The hashes in order of arrival, four bytes each. */
  bytes(): Buffer {
    return Buffer.from(this.#hashes.buffer, 0, 4 * this.#seen.size)
  }
}
