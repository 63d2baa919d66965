import { isCountry } from '../../schemas/country.ts'
import type { Play } from '../../schemas/events.ts'

/** Why a record of an export becomes no play. */
export type SkipReason =
  | 'not_json'
  | 'not_utf8'
  | 'malformed_csv'
  | 'record_too_large'
  | 'cut_off'
  | 'not_an_object'
  | 'not_a_play'
  | 'podcast'
  | 'audiobook'
  | 'playing_now'
  | 'artist_missing'
  | 'track_missing'
  | 'name_too_long'
  | 'time_malformed'
  | 'time_zone_unknown'
  | 'time_before_2000'
  | 'time_in_future'
  | 'ms_played_malformed'
  | 'ms_played_out_of_range'

/** A play as an export tells it, checked. */
export interface Listen {
  /** When it ended, milliseconds since 1970. */
  playedAt: number
  artistName: string
  trackName: string
  msPlayed: number
  platform: string
  country: string | null
  skipReason: Play['skipReason']
  /** By which it is known again in another export: the minute of its end and how long it was, or the second of its beginning. */
  identity: { kind: 'spotify'; endMinute: string } | { kind: 'scrobble'; startSecond: number }
}

/** What a record says, unchecked. */
export type Told = Pick<Listen, 'playedAt' | 'identity'> & {
  artistName: unknown
  trackName: unknown
  msPlayed: unknown
  platform?: string
  country?: unknown
  skipReason?: Play['skipReason']
}

const EARLIEST = Date.UTC(2000, 0, 1)
const HOUR = 3_600_000
const MAX_NAME = 512
const MAX_MS_PLAYED = 24 * HOUR
/** What is heard without an app that tells. */
const DEFAULT_PLATFORM = 'import'

/** Checks by the same limits as the pipeline does: what passes here is a play there. */
export function checked(told: Told, now: number): Listen | SkipReason {
  const {
    playedAt,
    artistName,
    trackName,
    msPlayed,
    platform = DEFAULT_PLATFORM,
    country,
    skipReason = 'unknown',
    identity,
  } = told
  if (playedAt < EARLIEST) return 'time_before_2000'
  if (playedAt > now + HOUR) return 'time_in_future'
  if (!isName(artistName)) return 'artist_missing'
  if (!isName(trackName)) return 'track_missing'
  if (artistName.length > MAX_NAME || trackName.length > MAX_NAME) return 'name_too_long'
  if (!Number.isSafeInteger(msPlayed)) return 'ms_played_malformed'
  const played = msPlayed as number
  if (played < 0 || played > MAX_MS_PLAYED) return 'ms_played_out_of_range'
  const known = typeof country === 'string' && isCountry(country) && country !== UNKNOWN_COUNTRY
  return {
    playedAt,
    artistName,
    trackName,
    msPlayed: played,
    platform,
    country: known ? country : null,
    skipReason,
    identity,
  }
}

/** Spotify's word for a country that it does not know. */
const UNKNOWN_COUNTRY = 'ZZ'

export const isName = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
