// Made by `npm run schemas:types`: change artist-total.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** What one artist was listened to in one window of event time. Absolute, so a repeated row changes nothing. */
export interface ArtistTotal {
  artistId: string
  artistName: string
  windowStart: number
  /** Exclusive */
  windowEnd: number
  plays: number
  msPlayed: number
  /** Distinct pseudonyms */
  listeners: number
  /** When the newest play in it reached Kafka: the start of the event-to-screen latency */
  receivedAt: number
}

export const artistTotalV1 = eventSchema<ArtistTotal>('artist-total.v1')
