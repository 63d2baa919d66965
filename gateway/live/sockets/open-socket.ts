import type { WebSocket } from 'uWebSockets.js'
import type { Disconnect } from '../protocol/codes.ts'
import type { Socket } from './socket.ts'

/** What was given to sockets. */
export interface Traffic {
  messages: number
  bytes: number
}

/** For who is sent away, to read what the library holds for them, and why they are. */
const READ_ON_MS = 5_000

/** A socket of the library's. Of a class, since there are ten thousands of them. */
export class OpenSocket implements Socket {
  readonly #ws: WebSocket<unknown>
  readonly #isBinary: boolean
  readonly #traffic: Traffic
  readonly #onEnd: () => void
  /** Not told yet. */
  #lastWord: Disconnect | undefined
  #cut: NodeJS.Timeout | undefined

  /** @param onEnd called when it is being closed, or is */
  constructor(ws: WebSocket<unknown>, isBinary: boolean, traffic: Traffic, onEnd: () => void) {
    this.#ws = ws
    this.#isBinary = isBinary
    this.#traffic = traffic
    this.#onEnd = onEnd
  }

  send(frame: Buffer): void {
    this.#traffic.messages++
    this.#traffic.bytes += frame.length
    this.#ws.send(frame, this.#isBinary)
  }

  buffered(): number {
    return this.#ws.getBufferedAmount()
  }

  /**
   * What its client has not read the library would hold for a quarter of a minute once it is told to close, and for as long as some of it is read now and then,
   * and the socket would count no more: so it is told when all is read, or cuts.
   */
  end(disconnect: Disconnect): void {
    this.#onEnd()
    this.#lastWord = disconnect
    this.#cut = setTimeout(() => this.#ws.close(), READ_ON_MS).unref()
    this.drain()
  }

  /** Says the last word, if it is time for that. */
  drain(): void {
    if (this.#lastWord !== undefined && this.buffered() === 0)
      this.#ws.end(this.#lastWord.code, this.#lastWord.reason)
  }

  closed(): void {
    this.#onEnd()
    this.#lastWord = undefined
    clearTimeout(this.#cut)
  }
}
