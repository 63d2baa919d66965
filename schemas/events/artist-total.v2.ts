// Made by `npm run schemas:types`: change artist-total.v2.avsc instead, and once it has shipped add a version.
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
  /** 128 bits as hex digits, of each pseudonym one: several windows put together have no fewer listeners than bits. Empty: not told */
  listenerBits: string
  /** When the newest play in it reached Kafka: the start of the event-to-screen latency */
  receivedAt: number
}

export const artistTotalV2 = eventSchema<ArtistTotal>('artist-total.v2')
