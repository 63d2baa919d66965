import { query } from './query.ts'

/** How many different listeners have played an artist: 101 stands for more than 100. */
export interface ArtistListeners {
  artistId: string
  listeners: number
}

/** Listeners of these artists in the days of UTC that [`from`, `to`) touches. */
export const artistListeners = query<{ from: Date; to: Date; artistIds: string[] }, ArtistListeners>(
  'artist-listeners',
  'artist_by_day',
)
