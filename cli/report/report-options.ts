import { InvalidArgumentError } from 'commander'
import { isIsoDay } from '../../dashboards/web/model/iso-day.ts'

/** A day as 2026-01-31. @throws InvalidArgumentError if it is none */
export function day(text: string): string {
  if (isIsoDay(text)) return text
  throw new InvalidArgumentError('Give a day like 2026-01-31.')
}

const [FIRST_YEAR, LAST_YEAR] = [1900, 2299]

/** A year that the table of plays may have. @throws InvalidArgumentError if it is none */
export function yearOf(text: string): number {
  const year = /^\d{4}$/.test(text) ? Number(text) : NaN
  if (year >= FIRST_YEAR && year <= LAST_YEAR) return year
  throw new InvalidArgumentError(`Give a year from ${FIRST_YEAR} to ${LAST_YEAR}.`)
}
