import { query } from './query.ts'

/** How often and how long (ms) a listener has played a track. */
export interface OwnTrack {
  trackId: string
  trackName: string
  artistName: string
  plays: number
  msPlayed: number
}

/** What one listener, by pseudonym, has played most in [`from`, `to`), the most played first: for that listener alone. */
export const ownTracks = query<{ listener: string; from: Date; to: Date }, OwnTrack>(
  'own-tracks',
  'plays_of_listener',
)
