import { type Listen, type SkipReason, type Told, checked } from '../listen.ts'

/**
 * How long a scrobble was if nothing tells: services take a track down once half of it has been heard, and half a minute is what counts
 * as having listened, here as there.
 */
export const SCROBBLED_MS = 30_000

export interface Scrobble extends Omit<Told, 'playedAt' | 'identity' | 'msPlayed'> {
  startedAt: number
  msPlayed: number | undefined
}

/** A play of which its beginning is known. */
export function scrobbled(
  { startedAt, msPlayed = SCROBBLED_MS, ...told }: Scrobble,
  now: number,
): Listen | SkipReason {
  // What is no length is refused as such, wherever it would put the end.
  const playedAt = startedAt + (Number.isSafeInteger(msPlayed) ? msPlayed : 0)
  const identity = { kind: 'scrobble', startSecond: Math.floor(startedAt / 1_000) } as const
  return checked({ ...told, playedAt, msPlayed, identity }, now)
}
