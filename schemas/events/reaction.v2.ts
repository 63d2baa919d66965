// Made by `npm run schemas:types`: change reaction.v2.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** What a listener thinks of an artist, or of one track, as an app reports it. Raw: it names the user. */
export interface Reaction {
  /** UUID, or a keyed hash in hex: the same reaction sent twice has the same id */
  eventId: string
  userId: string
  artistId: string
  /** Null where it is of the artist as a whole */
  trackId: string | null
  /** like, unlike or skip */
  kind: string
  /** By the app's clock */
  reactedAt: number
  /** app, simulator, or import:ID */
  source: string
  /** Of the player, as in a play */
  sessionId: string | null
  /** What the listener writes about it; stays before the door */
  comment: string | null
}

export const reactionV2 = eventSchema<Reaction>('reaction.v2')
