/** Which records of a partition are not done with: the next start begins at the oldest of them. */
export class OpenOffsets {
  /** In the order in which they came, which is that of the partition. */
  readonly #open = new Set<bigint>()
  #next: bigint | undefined

  begin(offset: bigint): void {
    this.#open.add(offset)
    this.#next = offset + 1n
  }

  end(offset: bigint): void {
    this.#open.delete(offset)
  }

  /** All before it have been read, whatever they were. */
  cover(next: bigint): void {
    this.#next = next
  }

  /** The first offset that is not done with; undefined while nothing has been read. */
  get position(): bigint | undefined {
    const [oldest] = this.#open
    return oldest ?? this.#next
  }
}
