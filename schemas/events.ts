import { eventSchema } from './event-schema.ts'

/** One listening of one track, raw: it names the user. Times are milliseconds since 1970, UTC. */
export interface Play {
  eventId: string
  userId: string
  trackId: string
  trackName: string
  artistId: string
  artistName: string
  playedAt: number
  msPlayed: number
  platform: string
  ip: string | null
  country: string | null
  source: string
}

/** A play without personal data: what everything behind `anonymise` reads. */
export interface CleanPlay {
  eventId: string
  /** Keyed HMAC of the user id: 22 characters of base64url. */
  listener: string
  trackId: string
  trackName: string
  artistId: string
  artistName: string
  playedAt: number
  msPlayed: number
  platform: string
  /** The /24 (IPv4) or /48 (IPv6) of the address. */
  network: string | null
  country: string | null
  source: string
  /** When the raw play reached Kafka. */
  receivedAt: number
}

/** A play that came after its window had closed. */
export interface LatePlay {
  eventId: string
  artistId: string
  playedAt: number
  msPlayed: number
  source: string
  streamTime: number
  lateByMs: number
}

/** One artist's listening in one window of event time; absolute, so a repeated row changes nothing. */
export interface ArtistTotal {
  artistId: string
  artistName: string
  windowStart: number
  /** Exclusive. */
  windowEnd: number
  plays: number
  msPlayed: number
  listeners: number
  /** When the newest play in it reached Kafka. */
  receivedAt: number
}

/** An entry of the import ledger: this play has been produced, never again. */
export interface ImportedPlay {
  importId: string
  producedAt: number
}

export const playV1 = eventSchema<Play>('play.v1')
export const cleanPlayV1 = eventSchema<CleanPlay>('clean-play.v1')
export const latePlayV1 = eventSchema<LatePlay>('late-play.v1')
export const artistTotalV1 = eventSchema<ArtistTotal>('artist-total.v1')
export const importedPlayV1 = eventSchema<ImportedPlay>('imported-play.v1')
