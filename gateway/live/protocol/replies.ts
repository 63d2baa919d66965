import { unsubscribes, type ErrorReply } from './codes.ts'
import type { Publication } from '../channels/position.ts'

/** What a connected client learns. */
export interface ConnectResult {
  client: string
  version: string
  expires: true
  /** Seconds until the token must have been refreshed. */
  ttl: number
  /** Seconds between two pings. */
  ping: number
  pong: true
  /** Whom the gateway takes the client for: the pseudonym that is in what it gets of its own. */
  data: { listener: string }
}

export interface RefreshResult {
  client: string
  version: string
  expires: true
  ttl: number
}

export interface SubscribeResult {
  recoverable: true
  positioned: true
  epoch: string
  /** Where the client stands before `publications`: each of them moves it. */
  offset: number
  was_recovering?: true
  recovered?: boolean
  publications?: Publication[]
}

/** A reply's payload, under the name of the command that it answers. */
export type Result =
  | { connect: ConnectResult }
  | { refresh: RefreshResult }
  | { subscribe: SubscribeResult }
  | { unsubscribe: Record<string, never> }
  | { ping: Record<string, never> }
  | { rpc: { data: Record<string, never> } }

/** The answer to the command of that id. */
export function replyFrame(id: number, result: Result): Buffer {
  return Buffer.from(JSON.stringify({ id, ...result }))
}

/** The refusal of the command of that id. */
export function errorFrame(id: number, error: ErrorReply): Buffer {
  return Buffer.from(JSON.stringify({ id, error }))
}

/** One publication, the same bytes for every subscriber. */
export function publicationFrame(channel: string, pub: Publication): Buffer {
  return Buffer.from(JSON.stringify({ push: { channel, pub } }))
}

/** Ends a subscription such that the client comes back and recovers. */
export function insufficientStateFrame(channel: string): Buffer {
  return Buffer.from(JSON.stringify({ push: { channel, unsubscribe: unsubscribes.insufficientState } }))
}

/** A server's ping is an empty reply. */
export const pingFrame = Buffer.from('{}')
