import { createHash } from 'node:crypto'
import type { CleanPlay, Play } from '../schemas/events.ts'

export const ARTISTS = 20_000
export const LISTENERS = 50_000
const COUNTRIES = 40
const ZONES = ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kolkata', 'Australia/Lord_Howe']

/** Zipf with exponent 1 by inversion: artist 0 is heard about ten thousand times as often as artist 9,999. */
const zipf = (uniform: number) => Math.floor(ARTISTS ** uniform) - 1

/** Numbers from 0 to 1, the same every time. Source: G. Marsaglia, Xorshift RNGs, 2003. */
export function random(): () => number {
  let bits = 0x2545f491
  return () => {
    bits ^= bits << 13
    bits ^= bits >>> 17
    bits ^= bits << 5
    return (bits >>> 0) / 2 ** 32
  }
}

export const countryOf = (listener: number) => `C${listener % COUNTRIES}`

/** The names of all listeners, as long as those of real ones. */
export const listenerNames = () =>
  Array.from({ length: LISTENERS }, (_, index) =>
    createHash('sha256').update(`listener ${index}`).digest('base64url').slice(0, 22),
  )

/** Makes plays, the same every time but for when they were heard: by any listener, of artists by Zipf. */
export function playMaker(): (playedAt: number) => CleanPlay {
  const listeners = listenerNames()
  const next = random()
  let made = 0
  return (playedAt) => {
    const listener = Math.floor(next() * LISTENERS)
    const artist = zipf(next())
    return {
      eventId: (made++).toString(16).padStart(32, '0'),
      listener: listeners[listener]!,
      trackId: `track-${artist}`,
      trackName: `Track of ${artist}`,
      artistId: `artist-${artist}`,
      artistName: `Artist ${artist}`,
      playedAt,
      msPlayed: 30_000 + Math.floor(next() * 200_000),
      platform: 'web',
      network: '192.0.2.0/24',
      country: countryOf(listener),
      source: 'app',
      receivedAt: playedAt,
      session: null,
      contextKind: null,
      contextId: null,
      skipReason: 'unknown',
      utcOffsetMinutes: null,
    }
  }
}

/** Plays as they come in. */
export function rawPlays(count: number): Play[] {
  const make = playMaker()
  return Array.from({ length: count }, (_, index) => {
    const { listener, network, receivedAt, session, contextKind, contextId, utcOffsetMinutes, ...told } =
      make(Date.UTC(2026, 0, 1) + index)
    return {
      ...told,
      userId: `listener-${(index * 7_919) % LISTENERS}`,
      ip: `192.0.2.${index % 255}`,
      sessionId: `00000000-0000-4000-8000-${String(index >> 4).padStart(12, '0')}`,
      context: index % 2 === 0 ? { kind: 'playlist', id: `list-${index % 5_003}`, name: null } : null,
      skipReason: 'none',
      timeZone: ZONES[index % ZONES.length]!,
      location: null,
    }
  })
}
