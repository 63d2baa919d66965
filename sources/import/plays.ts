import type { Play } from '../../schemas/events.ts'
import { artistIdOf, eventIds, trackIdOf } from './ids.ts'
import type { ListenedRow } from './spotify.ts'

export interface PlaysOptions {
  pseudonymKey: Buffer
  userId: string
  importId: string
}

/** The `source` of an import's plays, in the event and in the Kafka header alike. */
export const sourceOf = (importId: string): string => `import:${importId}`

/** The rows as plays of this listener, in their order. */
export function playsOf(
  rows: readonly ListenedRow[],
  { pseudonymKey, userId, importId }: PlaysOptions,
): Play[] {
  const ids = eventIds(pseudonymKey, userId, rows)
  return rows.map(({ endedAt, artistName, trackName, msPlayed }, index) => ({
    eventId: ids[index]!,
    userId,
    trackId: trackIdOf(artistName, trackName),
    trackName,
    artistId: artistIdOf(artistName),
    artistName,
    playedAt: endedAt,
    msPlayed,
    platform: 'import',
    ip: null,
    country: null,
    source: sourceOf(importId),
    ...{ sessionId: null, context: null, skipReason: 'unknown', timeZone: null, location: null },
  }))
}
