import { query } from './query.ts'

/** How many different artists and tracks one listener, by pseudonym, has played in [`from`, `to`), in one row: for that listener alone. */
export const ownVariety = query<
  { listener: string; from: Date; to: Date },
  { artists: number; tracks: number }
>('own-variety', 'plays_of_listener')
