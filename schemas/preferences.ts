import { isCountry } from './country.ts'
import { isText } from './text.ts'

/** A value in its canonical form, or undefined if it is none of this preference. */
type Form = (value: string) => string | undefined

const accepted =
  (isValid: (value: string) => boolean): Form =>
  (value) =>
    isValid(value) ? value : undefined

const matching = (pattern: RegExp) => accepted((value) => pattern.test(value))

const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]'
const QUIET_HOURS = new RegExp(`^(none|(?<from>${TIME})-(?!\\k<from>)${TIME})$`)

/**
 * What a listener may set, and the form of each value. Artists are blocked one by one: of `block-artist` and `unblock-artist` with the
 * same value the newer holds.
 */
export const preferenceForms = {
  /** An artist's id. */
  'block-artist': accepted(isText),
  'unblock-artist': accepted(isText),
  /** ISO 3166-1 alpha-2. */
  country: accepted(isCountry),
  /** BCP 47: language, script and region. */
  locale: localeOf,
  /** IANA. */
  'time-zone': timeZoneOf,
  push: matching(/^(on|off)$/),
  /** From when until when no push may come, in the listener's time zone; over midnight, too. */
  'quiet-hours': matching(QUIET_HOURS),
  /** At most, 0 to 100. */
  'pushes-a-day': matching(/^([0-9]|[1-9][0-9]|100)$/),
} as const satisfies Record<string, Form>

export type PreferenceName = keyof typeof preferenceForms

export const isPreferenceName = (name: string): name is PreferenceName => Object.hasOwn(preferenceForms, name)

/** Variants and extensions may be any word, a name too: they stay outside. No language in use has more than three letters. */
function localeOf(value: string): string | undefined {
  const { language, script, region } = orUndefined(() => new Intl.Locale(value)) ?? {}
  // "und" is a locale, and has no language.
  if (language === undefined || language.length > 3) return undefined
  return [language, script, region].filter(Boolean).join('-')
}

function timeZoneOf(value: string): string | undefined {
  // Intl takes offsets as well, which know no summer time; one may begin with a minus sign that is no hyphen.
  if (/^[+\u2212-]/.test(value)) return undefined
  return orUndefined(() => new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone)
}

/** Intl refuses by a RangeError. */
function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
