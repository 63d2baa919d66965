import { disconnects, type Disconnect } from '../protocol/codes.ts'

/** Milliseconds. */
export interface LifetimeLimits {
  /** For the connect command, from the opening of the socket. */
  connectWithin: number
  pingEvery: number
  pongWithin: number
  /** After the token's end, for a refresh to arrive. */
  refreshGrace: number
}

/**
 * What is due on one socket: a ping, or its end. It reads no clock and sets no timer: one sweep asks all sockets.
 * Moments are milliseconds that never go back nor leap, but for the end of tokens, which are dates: milliseconds since
 * 1970.
 */
export class Lifetime {
  readonly #limits: LifetimeLimits
  readonly #openedAt: number
  #expiresAt: number | undefined
  #pingedAt = 0
  #awaitsPong = false
  #isOverdue = false

  constructor(limits: LifetimeLimits, openedAt: number) {
    this.#limits = limits
    this.#openedAt = openedAt
  }

  connected(now: number, expiresAt: number): void {
    this.#pingedAt = now
    this.#expiresAt = expiresAt
  }

  refreshed(expiresAt: number): void {
    this.#expiresAt = expiresAt
  }

  pong(): void {
    this.#awaitsPong = false
  }

  /**
   * At a moment, and its date. A ping that is due counts as sent.
   * @param isAsked whether a command is being answered: then it is not the client that is late
   */
  due(now: number, date: number, isAsked = false): 'ping' | Disconnect | undefined {
    const { connectWithin, pingEvery, pongWithin, refreshGrace } = this.#limits
    if (this.#expiresAt === undefined) {
      if (isAsked || now - this.#openedAt < connectWithin) return undefined
      // A node that stood still looks at its clock before it reads what has come meanwhile.
      const wasOverdue = this.#isOverdue
      this.#isOverdue = true
      return wasOverdue ? disconnects.stale : undefined
    }
    if (date >= this.#expiresAt + refreshGrace) return disconnects.expired
    const silence = now - this.#pingedAt
    if (this.#awaitsPong && silence >= pongWithin) return disconnects.noPong
    if (silence < pingEvery) return undefined
    this.#pingedAt = now
    this.#awaitsPong = true
    return 'ping'
  }
}
