import type { ErrorReply } from './codes.ts'
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

/** What is told without having been asked for. */
export type Push = { channel: string } & (
  { pub: Publication } | { unsubscribe: { code: number; reason: string } }
)

/** Whatever is sent: the answer to a command, its refusal, a push, or a ping, which is empty. */
export type Reply =
  ({ id: number } & Result) | { id: number; error: ErrorReply } | { push: Push } | Record<string, never>
