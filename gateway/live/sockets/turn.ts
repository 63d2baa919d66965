/** What is written to in one turn of the event loop, and then flushed. */
export interface Flushable {
  flush(): void
}

/**
 * Flushes each queue that was written to once, when this turn of the event loop has read what had come. A send is a
 * system call, which costs more than what is in it: the busier the process is, the more a turn reads and the more goes
 * out in one; an idle one waits for nothing.
 */
export class Turn {
  #written: Flushable[] = []
  readonly #end = () => {
    const written = this.#written
    this.#written = []
    for (const each of written) each.flush()
  }

  add(written: Flushable): void {
    if (this.#written.push(written) === 1) setImmediate(this.#end)
  }
}
