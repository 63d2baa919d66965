import { query } from './query.ts'

/** A minute in which something was played: its start (ms since 1970), how many plays, and of how many different listeners. */
export interface MinuteOfPlays {
  start: number
  plays: number
  listeners: number
}

/** Plays by minute in [`from`, `to`), oldest first; minutes without a play are absent. */
export const playsByMinute = query<{ from: Date; to: Date }, MinuteOfPlays>('plays-by-minute')
