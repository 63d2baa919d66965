import { query } from './query.ts'

/** The name of an artist: not to be published of whom few have played. */
export const artistName = query<{ artistId: string }, { artistName: string }>('artist-name', 'by_artist')
