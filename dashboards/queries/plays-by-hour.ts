import { query } from './query.ts'

/** An hour in which something was played: its start (ms since 1970), and of how many different listeners: 101 stands for more than 100. */
export interface HourOfPlays {
  start: number
  plays: number
  msPlayed: number
  listeners: number
}

/** Plays of each hour of UTC that [`from`, `to`) touches, oldest first; hours without a play are absent. */
export const playsByHour = query<{ from: Date; to: Date }, HourOfPlays>('plays-by-hour', 'by_hour')
