import { mintToken } from '../../../gateway/live/access/mint-token.ts'
import {
  type RecommendationsUpdate,
  type TopArtistsUpdate,
  channelOf,
  channels,
  ownChannels,
} from '../../../schemas/channels.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'

/** Of all processes of a storm; they protect nothing. */
const keys = {
  TOKEN_KEY: Buffer.alloc(32, 7),
  PSEUDONYM_KEY: Buffer.alloc(32, 9),
  PUSH_KEY: Buffer.alloc(32, 5),
}
/** The same, as gateways take them. */
export const keyVariables = Object.fromEntries(
  Object.entries(keys).map(([name, key]) => [name, key.toString('base64')]),
)
const tokens = { key: keys.TOKEN_KEY, issuer: 'continuo', audience: 'continuo-gateway', ttlSeconds: 86_400 }

/** The public channel that the sink of totals feeds. */
export const PUBLIC = channels.topArtists
/** Of each listener, fed by the sink of lists. */
export const OWN = ownChannels.recommendations
const ARTISTS = 10

/** Channels that servers publish to. */
export const artistChannels: readonly string[] = Array.from({ length: ARTISTS }, (_, at) => `artist:a${at}`)

/** What the n-th client is called, as a listener. */
export const listenerName = (at: number): string => `listener-${at}`

export const tokenOf = (listener: string): Promise<string> => mintToken({ ...tokens, sub: listener })

export const pseudonymOf = pseudonyms([keys.PSEUDONYM_KEY]).listener

/** The place of a listener's own channel. */
export const ownPlace = (listener: string): string => channelOf(OWN, pseudonymOf(listener))

/** Channels of the n-th client in which every message counts. */
export const streamsOf = (at: number): string[] => [
  PUBLIC,
  artistChannels[at % ARTISTS]!,
  artistChannels[(at + 1 + (at % 7)) % ARTISTS]!,
]

/** The number of a publication: as whom it is published by has room for it. */
export function serialOf(channel: string, data: unknown): number {
  if (channel === PUBLIC) return (data as TopArtistsUpdate).top[0]!.plays
  if (channel === OWN) return Number((data as RecommendationsUpdate).recommendationId)
  return (data as { serial: number }).serial
}
