import { query } from './query.ts'

/** An hour in which an artist was played: its start (ms since 1970), how often and how long (ms). Of how many listeners it does not say: not to be published. */
export interface ArtistHour {
  start: number
  plays: number
  msPlayed: number
}

/** Plays of one artist in each hour of UTC that [`from`, `to`) touches, oldest first; hours without a play are absent. */
export const artistByHour = query<{ artistId: string; from: Date; to: Date }, ArtistHour>('artist-by-hour')
