import type { LettersAsked } from './letter-groups.ts'
import { query } from './query.ts'

/** An hour in which something was set aside: its start, ms since 1970, and how much. */
export interface HourOfLetters {
  start: number
  letters: number
}

export const lettersByHour = query<LettersAsked, HourOfLetters>('letters-by-hour')
