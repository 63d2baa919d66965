// Made by `npm run schemas:types`: change clean-reaction.v2.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A reaction without personal data: what everything behind the door reads. */
export interface CleanReaction {
  eventId: string
  /** Keyed HMAC of the user id, 22 characters of base64url */
  listener: string
  artistId: string
  /** Null where it is of the artist as a whole */
  trackId: string | null
  /** like, unlike or skip */
  kind: string
  reactedAt: number
  source: string
  /** When the raw reaction reached Kafka */
  receivedAt: number
  /** Keyed HMAC of the session id */
  session: string | null
}

export const cleanReactionV2 = eventSchema<CleanReaction>('clean-reaction.v2')
