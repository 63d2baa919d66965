import { query } from './query.ts'

/** A day in which a listener has played something: its start (ms since 1970), how often and how long (ms). */
export interface OwnDay {
  start: number
  plays: number
  msPlayed: number
}

/** Days of one listener, by pseudonym, in [`from`, `to`), oldest first: for that listener alone. */
export const ownDays = query<{ listener: string; from: Date; to: Date }, OwnDay>(
  'own-days',
  'plays_of_listener',
)
