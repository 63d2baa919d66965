import type { HourOfPlays } from './plays-by-hour.ts'
import { query } from './query.ts'

/** Plays of one artist by the hour in [`from`, `to`), with their listeners, oldest first: what {@link artistByHour} has from rollups, to be published. */
export const artistHours = query<{ artistId: string; from: Date; to: Date }, HourOfPlays>('artist-hours')
