import type { ClientInfo } from '../../../schemas/channels.ts'
import type { Position, Publication } from './position.ts'
import type { ErrorReply } from './codes.ts'

/** Until when a token lets something go on, as clients are told. */
export interface Expiry {
  expires: true
  /** Seconds until the token must have been refreshed. */
  ttl: number
}

/** What a connected client learns. */
export interface ConnectResult extends Expiry {
  client: string
  version: string
  /** Seconds between two pings. */
  ping: number
  pong: true
  /** Whom the gateway takes the client for: the pseudonym that is in what it gets of its own. */
  data: { listener: string }
  /** Channels to which the server has subscribed it. */
  subs?: Record<string, SubscribeResult>
}

export interface RefreshResult extends Expiry {
  client: string
  version: string
}

/** `offset`: where the client stands before `publications`: each of them moves it. */
export interface SubscribeResult extends Position, Partial<Expiry> {
  recoverable: true
  positioned: true
  was_recovering?: true
  recovered?: boolean
  publications?: Publication[]
}

/** A reply's payload, under the name of the command that it answers. */
export type Result =
  | { connect: ConnectResult }
  | { refresh: RefreshResult }
  | { subscribe: SubscribeResult }
  | { sub_refresh: Expiry }
  | { unsubscribe: Record<string, never> }
  | { publish: Record<string, never> }
  | { history: Position & { publications: Publication[] } }
  | { presence: { presence: Record<string, ClientInfo> } }
  | { presence_stats: { num_clients: number; num_users: number } }
  | { ping: Record<string, never> }
  | { rpc: { data: Record<string, never> } }

/** What becomes of a command. */
export type Answer = Result | { error: ErrorReply }

/** What is told of a channel without having been asked for. */
export type Push = { channel: string } & (
  | { pub: Publication }
  | { join: { info: ClientInfo } }
  | { leave: { info: ClientInfo } }
  | { subscribe: Position & { recoverable: true; positioned: true } }
  | { unsubscribe: { code: number; reason: string } }
)

/** Whatever is sent: the answer to a command, a push, or a ping, which is empty. */
export type Reply = ({ id: number } & Answer) | { push: Push } | Record<string, never>
