/** A piece of state that is kept in memory, and what its changelog knows of it. */
export interface Tracked {
  /** It is among those that {@link Changes.take} will give. */
  changed: boolean
  /** The changelog has it. */
  logged: boolean
  /** It is kept no longer. */
  gone: boolean
}

/** The pieces of a state of which the changelog has to be told, each once. */
export class Changes<T extends Tracked> {
  #changed: T[] = []

  /** Has the changelog told of it as it then is, or that it is gone. */
  add(piece: T): void {
    if (piece.changed) return
    piece.changed = true
    this.#changed.push(piece)
  }

  /** In the order of the first change; what has come and gone without the changelog is not among them. */
  take(): T[] {
    const changed = this.#changed.filter(({ gone, logged }) => !gone || logged)
    this.#changed = []
    for (const piece of changed) {
      piece.changed = false
      piece.logged = true
    }
    return changed
  }
}
