// Made by `npm run schemas:types`: change play.v3.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** What a track was played from. */
export interface PlayContext {
  kind: 'other' | 'album' | 'playlist'
  /** Of the album or the playlist */
  id: string
  /** As its owner calls it */
  name: string | null
}

/** One listening of one track, as an app, a player or an import reports it. Raw: it names the user. */
export interface Play {
  /** UUID, or a keyed hash in hex: the same play sent twice has the same id */
  eventId: string
  userId: string
  trackId: string
  trackName: string
  artistId: string
  artistName: string
  /** When the play ended, by the player's clock */
  playedAt: number
  msPlayed: number
  platform: string
  ip: string | null
  /** ISO 3166-1 alpha-2 */
  country: string | null
  /** app, simulator, or import:ID */
  source: string
  /** Of the player, from when it is opened to when it is closed */
  sessionId: string | null
  context: PlayContext | null
  /** Why it ended before its end; none where it did not */
  skipReason: 'unknown' | 'none' | 'next' | 'previous' | 'stopped' | 'failed'
  /** IANA, of the player */
  timeZone: string | null
  /** ISO 3166-1 or 3166-2: a country or a part of it */
  location: string | null
}

export const playV3 = eventSchema<Play>('play.v3')
