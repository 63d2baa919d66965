// Made by `npm run schemas:types`: change artist.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** What the catalogue says of an artist; a table, keyed by artist id. A null record takes an artist out of it. */
export interface Artist {
  artistId: string
  artistName: string
  genres: string[]
  /** ISO 3166-1 alpha-2 */
  country: string | null
  changedAt: number
}

export const artistV1 = eventSchema<Artist>('artist.v1')
