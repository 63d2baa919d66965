import type { Play } from '../../schemas/events.ts'
import { artistIdOf, trackIdOf } from './ids.ts'
import type { Listen } from './listen.ts'

/** The `source` of an import's plays, in the event and in the Kafka header alike. */
export const sourceOf = (importId: string): string => `import:${importId}`

export interface PlayOrigin {
  eventId: string
  userId: string
  source: string
}

/** What was listened to as a play of this listener. */
export function playOf(listen: Listen, { eventId, userId, source }: PlayOrigin): Play {
  const { playedAt, artistName, trackName, msPlayed, platform, country, skipReason } = listen
  return {
    eventId,
    userId,
    trackId: trackIdOf(artistName, trackName),
    trackName,
    artistId: artistIdOf(artistName),
    artistName,
    playedAt,
    msPlayed,
    platform,
    ip: null,
    country,
    source,
    skipReason,
    sessionId: null,
    context: null,
    timeZone: null,
    location: null,
  }
}
