import type { DayOfPlays } from './plays-by-day.ts'
import { query } from './query.ts'

/** Plays of one artist by the day in [`from`, `to`), with their listeners, oldest first; days without a play are absent. */
export const artistDays = query<{ artistId: string; from: Date; to: Date }, DayOfPlays>('artist-days')
