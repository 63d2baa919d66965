/**
 * Why a socket is closed, or a subscription ended: by a number of the Centrifuge protocol, which its clients act on.
 */
export interface Disconnect {
  readonly code: number
  /** Travels in the close frame: at most 123 bytes, nothing about a person. */
  readonly reason: string
}

/**
 * Closes a socket. After 3000–3499 and 4000–4499 (and after anything below 3000 but 1009) a client returns, with its
 * subscriptions and their positions; after 3500–3999 and 4500–4999 it stays away.
 */
export const disconnects = {
  /** A frame above the size limit. The client stays away. */
  messageTooBig: { code: 1009, reason: 'message size limit exceeded' },
  /** The client, or the network, closed without a word of ours. Never sent, only counted. */
  connectionClosed: { code: 3000, reason: 'connection closed' },
  /** This node stops: return, to another one or a little later. */
  shutdown: { code: 3001, reason: 'shutdown' },
  /** Something failed here that is not the client's doing: return. */
  serverError: { code: 3004, reason: 'internal server error' },
  /** The token's time is over and no new one came: return with a new one. */
  expired: { code: 3005, reason: 'connection expired' },
  /** The client reads slower than it is written to: return and recover. */
  slow: { code: 3008, reason: 'slow' },
  /**
   * A channel to which the server had subscribed the client began anew, or lost what this node had not seen: return and
   * recover.
   */
  insufficientState: { code: 3010, reason: 'insufficient state' },
  /** A ping was not answered in time: return. */
  noPong: { code: 3012, reason: 'no pong' },
  /** More frames in a second, or more tokens that are tried, than one socket may send: return, and be slower. */
  tooManyRequests: { code: 3013, reason: 'too many requests' },
  /** The token is forged, foreign, or of another listener: stay away. */
  invalidToken: { code: 3500, reason: 'invalid token' },
  /** The frame is no protocol, or commands came in an order that has no meaning: stay away. */
  badRequest: { code: 3501, reason: 'bad request' },
  /** No connect command within the time for it: stay away. */
  stale: { code: 3502, reason: 'stale' },
  /** The operator has ended the session: stay away. */
  forced: { code: 3503, reason: 'force disconnect' },
  /** The listener has as many sessions as allowed: stay away. */
  connectionLimit: { code: 3504, reason: 'connection limit' },
  /** A message that asks for no reply, of which there is no reader: stay away. */
  notAvailable: { code: 3508, reason: 'not available' },
} as const satisfies Record<string, Disconnect>

/** How a command is refused, by a number of the protocol. A client repeats what is temporary, with a growing delay. */
export interface ErrorReply {
  readonly code: number
  readonly message: string
  readonly temporary?: true
}

export const errors = {
  /** Redis, Kafka or a key server cannot be asked right now. */
  internal: { code: 100, message: 'internal server error', temporary: true },
  /** To the server API: without its key. */
  unauthorized: { code: 101, message: 'unauthorized' },
  /** To the server API: there is no such channel. */
  unknownChannel: { code: 102, message: 'unknown channel' },
  permissionDenied: { code: 103, message: 'permission denied' },
  methodNotFound: { code: 104, message: 'method not found' },
  alreadySubscribed: { code: 105, message: 'already subscribed' },
  limitExceeded: { code: 106, message: 'limit exceeded' },
  badRequest: { code: 107, message: 'bad request' },
  /** The protocol knows the command; this channel does not offer it. */
  notAvailable: { code: 108, message: 'not available' },
  /** At connect, or of the token by which a channel is asked for: the client fetches a new one and asks again. */
  tokenExpired: { code: 109, message: 'token expired' },
  /** At sub_refresh: the new token's time is over, too. */
  expired: { code: 110, message: 'expired' },
  /**
   * More commands wait for an answer than one socket may have under way, its listener gives more a minute than they
   * may, or more is published in the channel.
   */
  tooManyRequests: { code: 111, message: 'too many requests', temporary: true },
  /** Of history, some of what is asked for is kept no more, or the stream began anew. */
  unrecoverablePosition: { code: 112, message: 'unrecoverable position' },
} as const satisfies Record<string, ErrorReply>

/** Ends a subscription. A client resubscribes after 2500 and above, recovering from its position. */
export const unsubscribes = {
  /** The operator has ended the subscription, or revoked its token: it stays away. */
  server: { code: 2000, reason: 'server unsubscribe' },
  /** The channel's stream began anew, or lost what this node had not seen: recover, or learn that you cannot. */
  insufficientState: { code: 2500, reason: 'insufficient state' },
  /**
   * The token by which the channel was given is over, or revoked with all of its time: it comes back with a new one.
   */
  expired: { code: 2501, reason: 'expired' },
} as const satisfies Record<string, Disconnect>
