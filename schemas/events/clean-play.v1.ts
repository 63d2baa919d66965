// Made by `npm run schemas:types`: change clean-play.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A play without personal data: what everything behind the door reads. */
export interface CleanPlay {
  eventId: string
  /** Keyed HMAC of the user id, 22 characters of base64url */
  listener: string
  trackId: string
  trackName: string
  artistId: string
  artistName: string
  playedAt: number
  msPlayed: number
  /** One of a known list, or other */
  platform: string
  /** The /24 or /48 of the address */
  network: string | null
  country: string | null
  source: string
  /** When the raw play reached Kafka */
  receivedAt: number
}

export const cleanPlayV1 = eventSchema<CleanPlay>('clean-play.v1')
