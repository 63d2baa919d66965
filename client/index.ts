/**
 * `continuo/client`: lets the `centrifuge` client connect to any of several gateways, at each connect and reconnect to
 * one that is well and has room. In browsers and Node alike.
 */
import { BalancedSocket } from './balanced-socket.ts'
import type { Balance } from './choose.ts'
import { systemClock, type Clock } from './clock.ts'
import { EndpointPool } from './pool.ts'

export type { Closed } from './balanced-socket.ts'
export type { Endpoint } from '../schemas/endpoints.ts'
export type { Balance, BalancedSocket, Clock }

export interface BalanceOptions {
  /** Origins that list the nodes at `/endpoints`: some of the nodes, or what stands before them. At least one. */
  seeds: readonly string[]
  /** Default: `least-connections`. */
  balance?: Balance
  /** Milliseconds for one answer to the question for the nodes. Default: 1,000. */
  askWithin?: number
  /** Milliseconds for one node to take a connection, before the next is tried. Default: 1,500. */
  connectWithin?: number
  /**
   * Milliseconds between two looks whether the node of an open connection still answers, so that a machine that is gone
   * without a word is noticed before its pings are missed. 0: none. Default: 10,000.
   */
  watchEvery?: number
  WebSocket?: typeof globalThis.WebSocket
  fetch?: typeof globalThis.fetch
  clock?: Clock
  /** From 0 to below 1. */
  random?: () => number
}

/** A constructor of sockets, as the option `websocket` of `Centrifuge` takes it. */
export type BalancedWebSocket = new (url: string, protocols?: string | string[]) => BalancedSocket

/**
 * Makes a WebSocket that chooses its node itself; the address that it is given is not looked at.
 *
 * ```ts
 * const websocket = balancedWebSocket({ seeds: ['https://one.music.example', 'https://two.music.example'] })
 * const client = new Centrifuge('wss://music.example', { websocket, getToken })
 * ```
 *
 * @throws TypeError if a seed is no URL of a server, or there is none, and for a balance that there is not
 */
export function balancedWebSocket(options: BalanceOptions): BalancedWebSocket {
  const { clock = systemClock, random = Math.random, askWithin = 1_000, connectWithin = 1_500 } = options
  const { seeds, balance = 'least-connections', watchEvery = 10_000 } = options
  const { WebSocket = globalThis.WebSocket } = options
  // Browsers refuse a fetch that is not called as a method of theirs.
  const { fetch = globalThis.fetch.bind(globalThis) } = options
  const pool = new EndpointPool({ seeds, balance, askWithin, fetch, clock, random })
  const around = { pool, clock, connectWithin, watchEvery, WebSocket }
  return class extends BalancedSocket {
    constructor(_url: string, protocols?: string | string[]) {
      super(around, protocols)
    }
  }
}
