import { query } from './query.ts'

/** Listeners whose first play was in one week. */
export interface Cohort {
  /** Start of the week, a Monday of UTC, ms since 1970. */
  start: number
  listeners: number
  /** How many of them played in that week, and in each one behind it up to the last one asked for. */
  active: number[]
}

/** Weekly cohorts of the `weeks` weeks (64 at most) from the one with `from` in it, oldest first; weeks without new listeners are absent. */
export const cohortRetention = query<{ from: Date; weeks: number }, Cohort>('cohort-retention', 'by_listener')
