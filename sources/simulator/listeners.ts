import { Random } from './random.ts'

/** Somebody invented. Addresses are from the ranges kept for documentation (RFC 5737, RFC 3849). */
export interface Listener {
  userId: string
  platform: string
  country: string
  ip: string
  /** How far this player's clock is ahead (or, negative, behind), in milliseconds; 0 for most. */
  clockSkew: number
  /** How likely this listener skips a track. */
  skipRate: number
  /** Hours ahead of UTC, without summer time. */
  utcOffset: number
  /** IANA. */
  timeZone: string
  /** ISO 3166-2, of those whose player tells it. */
  location: string | null
}

const platforms = ['android', 'ios', 'web', 'desktop', 'speaker'] as const
const homes = [
  { country: 'DE', utcOffset: 1, timeZone: 'Europe/Berlin', parts: ['BE', 'BY', 'HH', 'NW', 'SN'] },
  { country: 'GB', utcOffset: 0, timeZone: 'Europe/London', parts: ['ENG', 'NIR', 'SCT', 'WLS'] },
  { country: 'SE', utcOffset: 1, timeZone: 'Europe/Stockholm', parts: ['AB', 'M', 'O'] },
  { country: 'TR', utcOffset: 3, timeZone: 'Europe/Istanbul', parts: ['06', '34', '35'] },
  { country: 'NG', utcOffset: 1, timeZone: 'Africa/Lagos', parts: ['FC', 'KN', 'LA', 'RI'] },
  { country: 'IN', utcOffset: 5.5, timeZone: 'Asia/Kolkata', parts: ['DL', 'KA', 'MH', 'TN', 'WB'] },
  { country: 'JP', utcOffset: 9, timeZone: 'Asia/Tokyo', parts: ['01', '13', '27', '40'] },
  { country: 'AU', utcOffset: 10, timeZone: 'Australia/Brisbane', parts: ['QLD'] },
  { country: 'US', utcOffset: -5, timeZone: 'America/New_York', parts: ['FL', 'GA', 'MA', 'NY', 'PA'] },
  { country: 'BR', utcOffset: -3, timeZone: 'America/Sao_Paulo', parts: ['MG', 'RJ', 'SP'] },
] as const
/** Of the players that tell in which part of the country they are. */
const LOCATED = 0.7
const documentationNetworks = ['192.0.2', '198.51.100', '203.0.113'] as const

const MAX_SKEW_MS = 8_000

/** The listener with this number; always the same one for a seed, so that nobody has to be kept in memory. */
export function inventListener(seed: string, number: number, skewedShare: number): Listener {
  const random = new Random(`${seed}/listener/${number}`)
  const platform = random.pick(platforms)
  const { parts, ...home } = random.pick(homes)
  return {
    userId: `listener-${number}`,
    platform,
    ...home,
    ip: address(number, random),
    skipRate: random.between(0.05, 0.45),
    clockSkew: random.chance(skewedShare) ? Math.round(random.between(-MAX_SKEW_MS, MAX_SKEW_MS)) : 0,
    location: random.chance(LOCATED) ? `${home.country}-${random.pick<string>(parts)}` : null,
  }
}

function address(number: number, random: Random): string {
  if (random.chance(0.3))
    return `2001:db8:${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`
  return `${random.pick(documentationNetworks)}.${1 + random.int(254)}`
}

/**
 * How likely somebody begins to listen at this time, 0 … 1, by the clock at home: least at four in the morning, a first rise on
 * the way to work, most in the evening.
 */
export function appetite(time: number, { utcOffset }: Pick<Listener, 'utcOffset'>): number {
  const hour = (((time / 3_600_000 + utcOffset) % 24) + 24) % 24
  const bump = (peak: number, width: number) => {
    const away = Math.min(Math.abs(hour - peak), 24 - Math.abs(hour - peak))
    return Math.exp(-((away / width) ** 2) / 2)
  }
  return 0.08 + 0.37 * bump(8, 1.5) + 0.3 * bump(14, 3) + 0.55 * bump(20, 2.5)
}
