import type { Encoding } from '../protocol/encoding.ts'
import type { Socket, SocketLimits } from './socket.ts'
import type { Turn } from './turn.ts'

type Outlet = Pick<Socket, 'send' | 'buffered'>

/** Whose queue it is. */
export interface QueueOwner {
  encoding: Pick<Encoding, 'join'>
  /** Called once, when the client is too slow; the queue is dead by then. */
  tooSlow(): void
}

/** What all queues have in common. */
export interface QueueSettings {
  turn: Pick<Turn, 'add'>
  limits: Pick<SocketLimits, 'maxQueuedBytes' | 'maxQueuedMs'>
  /** Counts messages that gave way to newer ones. */
  traffic: { replaced: number }
}

/** Bytes of messages that go into one frame, but for a message that is longer. */
const FRAME_BYTES = 64 * 1024

/**
 * What waits for one client, bounded in bytes. What is written within a turn of the event loop leaves in one frame. The
 * socket library's own buffer drops frames silently when it is full, so it never gets a second frame before it has got
 * rid of the first. Once over the bound nothing is sent any more: a client that missed one message must not see the
 * next.
 */
export class OutboundQueue {
  readonly #settings: QueueSettings
  readonly #outlet: Outlet
  readonly #owner: QueueOwner
  #waiting: Buffer[] = []
  #bytes = 0
  /** Of channels whose newest message is enough: the one that waits, while the client does not read. */
  #newest: Map<string, Buffer> | undefined
  /** Since when the kernel has not taken all, as `performance.now` has it; undefined while it takes what there is. */
  #blockedAt: number | undefined
  /** Where in `#waiting` that begins which is held back; undefined while nothing is. */
  #heldFrom: number | undefined
  #inTurn = false
  #dead = false

  constructor(settings: QueueSettings, outlet: Outlet, owner: QueueOwner) {
    this.#settings = settings
    this.#outlet = outlet
    this.#owner = owner
  }

  /** Bytes that wait for the client. What leaves at the end of this turn does not. */
  get bytes(): number {
    return this.#blockedAt === undefined ? 0 : this.#bytes + this.#outlet.buffered()
  }

  /**
   * Sends the message at the end of this turn, or when the client has read what is before it.
   * @param newestOf names a channel whose newest message is enough: to a client that does not read in time it takes the
   * place of the one that waits.
   */
  write(message: Buffer, newestOf?: string): void {
    if (this.#dead) return
    if (this.#blockedAt !== undefined) {
      this.#keep(message, newestOf)
      return
    }
    this.#waiting.push(message)
    this.#bytes += message.length
    if (this.#bytes >= FRAME_BYTES) this.flush()
    else if (!this.#inTurn) {
      this.#inTurn = true
      this.#settings.turn.add(this)
    }
  }

  flush(): void {
    this.#inTurn = false
    while (!this.#dead && this.#blockedAt === undefined && this.#waiting.length > 0) {
      const messages = this.#frame()
      this.#outlet.send(messages.length === 1 ? messages[0]! : this.#owner.encoding.join(messages))
      if (this.#outlet.buffered() > 0) this.#blockedAt = performance.now()
    }
  }

  /**
   * Holds back what is written from now on until `release`, within the bounds that there are for a client which does
   * not read.
   */
  hold(): void {
    this.flush()
    this.#heldFrom = this.#waiting.length
    // What waits before it is replaced by nothing behind it.
    this.#newest = undefined
    this.#blockedAt ??= performance.now()
  }

  /** Sends a message, and behind it what was held back. */
  release(first: Buffer): void {
    if (this.#dead || this.#heldFrom === undefined) return
    this.#waiting.splice(this.#heldFrom, 0, first)
    this.#bytes += first.length
    this.#heldFrom = undefined
    this.drain()
  }

  /** The socket has room again. */
  drain(): void {
    if (this.#dead || this.#heldFrom !== undefined || this.#outlet.buffered() > 0) return
    this.#blockedAt = undefined
    this.#newest = undefined
    this.flush()
  }

  /** Gives up a client that has read nothing for too long; `now` as `performance.now` has it. */
  giveUpIfBlocked(now: number): void {
    const { maxQueuedMs } = this.#settings.limits
    if (this.#blockedAt !== undefined && now - this.#blockedAt > maxQueuedMs) this.#giveUp()
  }

  /** Forgets what waits and sends nothing any more. */
  kill(): void {
    this.#dead = true
    this.#waiting = []
    this.#newest = undefined
    this.#bytes = 0
    this.#blockedAt = undefined
  }

  #keep(message: Buffer, newestOf: string | undefined): void {
    if (newestOf !== undefined) this.#replace(newestOf, message)
    this.#waiting.push(message)
    this.#bytes += message.length
    if (this.bytes > this.#settings.limits.maxQueuedBytes) this.#giveUp()
  }

  #giveUp(): void {
    this.kill()
    this.#owner.tooSlow()
  }

  #replace(channel: string, message: Buffer): void {
    this.#newest ??= new Map()
    const before = this.#newest.get(channel)
    this.#newest.set(channel, message)
    if (before === undefined) return
    this.#waiting.splice(this.#waiting.indexOf(before), 1)
    this.#bytes -= before.length
    this.#settings.traffic.replaced++
  }

  /** Takes as many messages as go into a frame. */
  #frame(): Buffer[] {
    const waiting = this.#waiting
    if (this.#bytes <= FRAME_BYTES) {
      this.#waiting = []
      this.#bytes = 0
      return waiting
    }
    let [count, bytes] = [1, waiting[0]!.length]
    while (bytes + (waiting[count]?.length ?? Infinity) <= FRAME_BYTES) bytes += waiting[count++]!.length
    this.#bytes -= bytes
    return waiting.splice(0, count)
  }
}
