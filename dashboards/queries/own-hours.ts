import { query } from './query.ts'

/** An hour of the day, 0 to 23, in which a listener has played something, on whatever day: how often and how long (ms). */
export interface OwnHour {
  hour: number
  plays: number
  msPlayed: number
}

/** Hours of the day of one listener, by pseudonym, in [`from`, `to`): for that listener alone. */
export const ownHours = query<{ listener: string; from: Date; to: Date }, OwnHour>(
  'own-hours',
  'plays_of_listener',
)
