import type { WebSocket } from 'uWebSockets.js'
import type { Disconnect } from '../protocol/codes.ts'
import type { Socket } from './socket.ts'

/** What was given to sockets. */
export interface Traffic {
  messages: number
  bytes: number
}

/**
 * Bytes that the library is given of a message before the kernel has taken all: of what it does not take, the library makes a copy for each socket. A megabyte to a
 * thousand clients who read slowly was more than a gigabyte.
 */
export const PART_BYTES = 128 * 1024

/** What the library's types do not know: messages in parts. */
interface InParts {
  sendFirstFragment(part: Buffer, isBinary: boolean, compress: boolean): void
  sendFragment(part: Buffer, compress: boolean): void
  sendLastFragment(part: Buffer, compress: boolean): void
}

/** For who is sent away, to read what the library holds for them, and why they are. */
const READ_ON_MS = 5_000

/** A socket of the library's. Of a class, since there are ten thousands of them. */
export class OpenSocket implements Socket {
  readonly #ws: WebSocket<unknown> & InParts
  readonly #isBinary: boolean
  readonly #traffic: Traffic
  readonly #onEnd: () => void
  /** Of a message whose first parts are sent. */
  #rest: Buffer | undefined
  /** Not told yet. */
  #lastWord: Disconnect | undefined
  #cut: NodeJS.Timeout | undefined

  /** @param onEnd called when it is being closed, or is */
  constructor(ws: WebSocket<unknown>, isBinary: boolean, traffic: Traffic, onEnd: () => void) {
    this.#ws = ws as WebSocket<unknown> & InParts
    this.#isBinary = isBinary
    this.#traffic = traffic
    this.#onEnd = onEnd
  }

  /** Whether its client is sent away, and has not read all yet. */
  get isEnding(): boolean {
    return this.#lastWord !== undefined
  }

  send(frame: Buffer): void {
    this.#traffic.messages++
    this.#traffic.bytes += frame.length
    if (frame.length <= PART_BYTES) this.#ws.send(frame, this.#isBinary)
    else {
      this.#ws.sendFirstFragment(frame.subarray(0, PART_BYTES), this.#isBinary, false)
      this.#rest = frame.subarray(PART_BYTES)
      this.#sendOn()
    }
  }

  buffered(): number {
    return this.#ws.getBufferedAmount() + (this.#rest?.length ?? 0)
  }

  /**
   * What its client has not read the library would hold for a quarter of a minute once it is told to close, and the socket would count no more: so it is told when
   * all is read, or cuts.
   */
  end(disconnect: Disconnect): void {
    this.#onEnd()
    this.#rest = undefined
    this.#lastWord = disconnect
    this.#cut = setTimeout(() => this.#ws.close(), READ_ON_MS).unref()
    this.drain()
  }

  /** Goes on where there was no room. */
  drain(): void {
    this.#sendOn()
    if (this.#lastWord !== undefined && this.buffered() === 0)
      this.#ws.end(this.#lastWord.code, this.#lastWord.reason)
  }

  closed(): void {
    this.#onEnd()
    this.#rest = undefined
    this.#lastWord = undefined
    clearTimeout(this.#cut)
  }

  #sendOn(): void {
    while (this.#rest !== undefined && this.#ws.getBufferedAmount() === 0) {
      const part = this.#rest.subarray(0, PART_BYTES)
      const isLast = part.length === this.#rest.length
      if (isLast) this.#ws.sendLastFragment(part, false)
      else this.#ws.sendFragment(part, false)
      this.#rest = isLast ? undefined : this.#rest.subarray(PART_BYTES)
    }
  }
}
