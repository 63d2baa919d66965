import {
  channels,
  ownChannels,
  type RecommendationsUpdate,
  type TopArtistsUpdate,
} from '../../../schemas/channels.ts'

/** The public channel that the sink of totals feeds. */
export const PUBLIC = channels.topArtists
/** Of each listener, fed by the sink of lists. */
export const OWN = ownChannels.recommendations
const ARTISTS = 20

/** Channels that servers publish to. */
export const artistChannels: readonly string[] = Array.from({ length: ARTISTS }, (_, at) => `artist:a${at}`)

/** What the n-th client is called, as a listener. */
export const listenerName = (at: number): string => `listener-${at}`

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
