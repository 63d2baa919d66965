import { query } from './query.ts'
import type { TopArtist } from './top-artists.ts'

/** Whom one listener, by pseudonym, has played most in [`from`, `to`), the most played first: for that listener alone. */
export const ownArtists = query<{ listener: string; from: Date; to: Date }, TopArtist>(
  'own-artists',
  'plays_of_listener',
)
