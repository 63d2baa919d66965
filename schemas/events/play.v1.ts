// Made by `npm run schemas:types`: change play.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

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
}

export const playV1 = eventSchema<Play>('play.v1')
