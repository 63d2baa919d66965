import { query } from './query.ts'

/** A day in which something was played: its start (ms since 1970), how many plays, how long (ms), and of how many different listeners. */
export interface DayOfPlays {
  start: number
  plays: number
  msPlayed: number
  listeners: number
}

/** Plays and listeners of each day of UTC that [`from`, `to`) touches, oldest first; days without a play are absent. */
export const playsByDay = query<{ from: Date; to: Date }, DayOfPlays>('plays-by-day', 'by_day')
