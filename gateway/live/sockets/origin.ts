import type { Logger } from 'pino'
import { GatewayError } from '../errors.ts'

/** Stands in the list of origins for clients that send none: programs and apps, no browsers. */
export const noOrigin = 'none'

/**
 * Who may open a socket: pages of the listed origins, and, if the list says `none`, clients without an Origin.
 * A browser cannot leave the header out, so a foreign page cannot pass for a program.
 * @throws GatewayError if an entry is not exactly an origin (scheme, host, port unless the scheme's own): it would
 * never match.
 */
export function originCheck(allowed: readonly string[]): (origin: string) => boolean {
  const list = new Set(allowed.map(checked))
  return (origin) => list.has(origin === '' ? noOrigin : origin)
}

function checked(entry: string): string {
  if (entry === noOrigin) return entry
  const { origin = 'null' } = URL.parse(entry) ?? {}
  const isOne = origin !== 'null' && !origin.includes('*')
  if (isOne && origin === entry) return entry
  // What is longer, or has other characters, may be a secret in the wrong place.
  const named = /^[\w.,: *-]{0,24}$/.test(entry) ? `"${entry}"` : 'an entry'
  throw new GatewayError(
    'allowedOrigins',
    `${named} is not an origin: write it like ${isOne ? origin : 'https://music.example'}, without wildcards, several apart by commas, or "${noOrigin}" for clients without one`,
  )
}

/** Anybody can come with any origin. */
const MOST_TOLD = 20
const MOST_CHARACTERS = 255

/** Tells of who was refused, each origin once and the first ones only: to the client that is nothing but a connection that fails. */
export function foreignOrigins(log: Logger, onRefused: () => void): (origin: string) => void {
  const told = new Set<string>()
  return (origin) => {
    onRefused()
    if (told.size >= MOST_TOLD || told.has(origin)) return
    told.add(origin)
    if (origin === '') log.warn(`a client without an Origin is refused: ${remedyFor(origin)}`)
    else
      log.warn(
        { origin: origin.slice(0, MOST_CHARACTERS) },
        `pages of this origin are refused: ${remedyFor(origin)}`,
      )
  }
}

/** What lets somebody in who is refused. */
export const remedyFor = (origin: string): string =>
  origin === ''
    ? `programs and apps, which have none, connect where ALLOWED_ORIGINS names "${noOrigin}"`
    : 'if it is yours, add it to ALLOWED_ORIGINS'
