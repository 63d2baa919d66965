import { InvalidArgumentError } from 'commander'

/** An option's value as a number of 0 or more, of any unit. @throws InvalidArgumentError if it is none. */
export function numberOf(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Give a number of 0 or more.')
  return value
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Reads `30s`, `15m`, `1h` or `7d`, as seconds. @throws InvalidArgumentError if it is none */
export function lengthOfTime(text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text)
  if (!match) throw new InvalidArgumentError('write it like 30s, 15m, 1h or 7d.')
  return Number(match[1]) * unitSeconds[match[2] as keyof typeof unitSeconds]
}

/** Reads `2026-01-31T20:00:00Z`, or `1h`: so long ago. In ms since 1970. @throws InvalidArgumentError if it is none */
export function moment(text: string): number {
  const time = Date.parse(text)
  if (/^\d+[smhd]$/.test(text)) return Date.now() - 1_000 * lengthOfTime(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('Give a time like 2026-01-31T20:00:00Z, or 1h.')
  return time
}

const MOST = 999_999_999

/** Reads an option's value as a whole number from 1 to `most`. The reader throws InvalidArgumentError if it is none. */
export const whole =
  (most = MOST) =>
  (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(
      `Give a whole number ${most === MOST ? 'of at least 1' : `of 1 to ${most}`}.`,
    )
  }
