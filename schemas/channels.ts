import type { Recommendation } from './events.ts'

/**
 * Live channels, and how they lie in Redis. A publisher writes all three in one Lua step:
 * meta (epoch, offset), log (a stream whose entry ids are `<offset>-0`, field `data`), sharded Pub/Sub.
 * The braces keep a channel's keys, and its messages, in one slot of a Redis Cluster.
 */
export const channels = {
  /** The top artists of the last hour, plays a second: {@link TopArtistsUpdate}. */
  topArtists: 'top-artists',
} as const

/**
 * Channels of which each listener has one of their own, under a name that is the same for all: whoever subscribes to it gets theirs, and there
 * is no name for another's. Their newest message alone is enough, and is what a subscriber gets first.
 */
export const ownChannels = {
  /** What the listener is recommended: {@link RecommendationsUpdate}. */
  recommendations: 'me:recommendations',
} as const

/** A listener's own channel, as it lies in Redis. */
export const channelOf = (ownChannel: string, listener: string): string => `${ownChannel}:${listener}`

const OWN = new RegExp(`^(${Object.values(ownChannels).join('|')}):(.+)$`)

/** What subscribers call a channel, by its place: how it lies in Redis. */
export const nameOfChannel = (place: string): string => OWN.exec(place)?.[1] ?? place

/** Whose channel it is, by its place; undefined for one that is everybody's. */
export const listenerOf = (place: string): string | undefined => OWN.exec(place)?.[2]

/**
 * Redis key of who is there: a sorted set of `<client> <channel>`, by which a listener has one of their own channels on a screen, each with when that runs out
 * unless it is said again (ms since 1970, by Redis' clock).
 */
export const presenceKey = (prefix: string, listener: string): string => `${prefix}presence:{${listener}}`

/** Redis keys of a channel, by its place. `prefix` separates installations that share a server. */
export function channelKeys(prefix: string, place: string) {
  const base = `${prefix}channel:{${place}}`
  return {
    /** Hash: `epoch` (text), `offset` (decimal), `reign` (of the server on which the epoch began: schemas/publishing.lua). */
    meta: `${base}:meta`,
    /** Stream: id `<offset>-0`, fields `data` (JSON) and, of a client's, `info` ({@link ClientInfo} as JSON). Trimmed to the history size. */
    log: `${base}:log`,
    /** Channel of sharded Pub/Sub (`SPUBLISH`), without a cluster, too: {@link PublishedMessage} and {@link ChannelNotice} as JSON. */
    publish: `${base}:publish`,
  }
}

/**
 * Redis key of the clients that have a channel: a sorted set of `<client> <user>`, each with when that runs out unless it is said again (ms since 1970, by Redis' clock).
 */
export const membersKey = (prefix: string, place: string): string => `${prefix}channel:{${place}}:members`

/** Redis key of the position at which a message was published, `<offset> <epoch>`: for who publishes it again under the same idempotency key. */
export const publishedKey = (prefix: string, place: string, idempotencyKey: string): string =>
  `${prefix}channel:{${place}}:published:${idempotencyKey}`

/** What goes through Pub/Sub. */
export interface PublishedMessage {
  epoch: string
  offset: number
  data: unknown
  /** The client that published it; unset for what none has. */
  info?: ClientInfo
}

/** What goes through Pub/Sub beside messages: a client has got the channel, or has it no more. */
export type ChannelNotice = { join: { info: ClientInfo } } | { leave: { info: ClientInfo } }

/** A client, as others in a channel see it. */
export interface ClientInfo {
  /** A connection's id. */
  client: string
  /** The pseudonym of its listener. */
  user: string
}

/** One line of the top list: an artist over the last hour. */
export interface TopArtist {
  artistId: string
  artistName: string
  plays: number
  msPlayed: number
}

/**
 * The payload of `top-artists`: the whole list each time, so that the newest message alone is enough. Artists and minutes of fewer than
 * `k` listeners are left out.
 */
export interface TopArtistsUpdate {
  top: TopArtist[]
  /** Minutes (window start, ms) changed since the last message, with their plays over all artists so far. */
  minutes: { start: number; plays: number }[]
  /** Plays counted since the counter began, in minutes that were published; the difference of two messages is a rate. */
  totalPlays: number
  k: number
  /** When up to 16 of the newly counted plays reached Kafka (ms since 1970): from here to the paint is the latency. */
  receivedAt: number[]
}

/** When some of what an update tells of reached Kafka, ms since 1970; none where it does not say. */
export function receivedAtOf(data: unknown): number[] {
  const { receivedAt } = (data ?? {}) as { receivedAt?: unknown }
  if (receivedAt === undefined) return []
  return [receivedAt].flat().filter((at) => typeof at === 'number')
}

/** The payload of `me:recommendations`: the whole list each time. */
export type RecommendationsUpdate = Omit<Recommendation, 'listener' | 'country'>
