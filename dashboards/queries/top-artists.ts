import { query } from './query.ts'

/** How often and how long (ms) an artist was played. Of how many listeners it does not say: to be published only with {@link artistListeners}. */
export interface TopArtist {
  artistId: string
  artistName: string
  plays: number
  msPlayed: number
}

/** The `artists` most played in the hours of UTC that [`from`, `to`) touches, the most played first. */
export const topArtists = query<{ from: Date; to: Date; artists: number }, TopArtist>('top-artists')
