import type { HourOfPlays } from './plays-by-hour.ts'
import { query } from './query.ts'

/** Plays of one artist in each hour of UTC that [`from`, `to`) touches, oldest first; hours without a play are absent. */
export const artistByHour = query<{ artistId: string; from: Date; to: Date }, HourOfPlays>(
  'artist-by-hour',
  'artist_by_hour',
)
