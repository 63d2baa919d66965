import type { DayOfPlays } from './plays-by-day.ts'
import { query } from './query.ts'

/** Plays and listeners of one artist in each day of UTC that [`from`, `to`) touches, oldest first; days without a play are absent. */
export const artistByDay = query<{ artistId: string; from: Date; to: Date }, DayOfPlays>(
  'artist-by-day',
  'artist_by_day',
)
