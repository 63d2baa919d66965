/** The way out of one socket. */
export interface Outlet {
  /** Takes the whole frame; what the kernel does not take at once counts as buffered. */
  send(frame: Buffer): void
  /** Bytes taken and not yet handed to the kernel. */
  buffered(): number
}

export interface OutboundQueueOptions {
  outlet: Outlet
  /** Bytes that may wait for a client. A single frame is taken whatever its size if nothing else waits. */
  maxBytes: number
  /** Called once, when the client is too slow; the queue is dead by then. */
  onOverflow(): void
}

/**
 * What waits for one client, bounded in bytes. The socket library's own buffer drops frames silently when it is full,
 * so it never gets a second frame before it has got rid of the first. Once over the bound nothing is sent any more: a
 * client that missed one message must not see the next.
 */
export class OutboundQueue {
  readonly #outlet: Outlet
  readonly #maxBytes: number
  readonly #onOverflow: () => void
  #waiting: Buffer[] = []
  #bytes = 0
  #dead = false

  constructor({ outlet, maxBytes, onOverflow }: OutboundQueueOptions) {
    this.#outlet = outlet
    this.#maxBytes = maxBytes
    this.#onOverflow = onOverflow
  }

  /** Sends the frame, now or when the client has read what is before it. */
  write(frame: Buffer): void {
    if (this.#dead) return
    const buffered = this.#outlet.buffered()
    if (this.#waiting.length === 0 && buffered === 0) {
      this.#outlet.send(frame)
      return
    }
    if (buffered + this.#bytes + frame.length > this.#maxBytes) {
      this.kill()
      this.#onOverflow()
      return
    }
    this.#waiting.push(frame)
    this.#bytes += frame.length
  }

  /** The socket has room again. */
  drain(): void {
    let sent = 0
    while (sent < this.#waiting.length && this.#outlet.buffered() === 0) {
      const frame = this.#waiting[sent]!
      this.#bytes -= frame.length
      sent++
      this.#outlet.send(frame)
    }
    this.#waiting.splice(0, sent)
  }

  /** Forgets what waits and sends nothing any more. */
  kill(): void {
    this.#dead = true
    this.#waiting = []
    this.#bytes = 0
  }
}
