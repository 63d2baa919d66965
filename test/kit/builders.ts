import { createHash } from 'node:crypto'
import type { DeadLetter } from '../../schemas/dead-letter.ts'
import type {
  CleanPlay,
  CleanPreference,
  CleanReaction,
  Play,
  Preference,
  Reaction,
  Recommendation,
  RecommendationClicked,
  RecommendationShown,
} from '../../schemas/events.ts'

let made = 0

const nextEventId = () => createHash('sha256').update(`event ${++made}`).digest('hex').slice(0, 32)

/** `12:06:00` or `12:06:00.500` on the day that tests are set in, ms since 1970. */
export const at = (time: string) => Date.parse(`2026-01-01T${time}Z`)

/** A raw play with everything in it; say only what the test is about. */
export function rawPlay(given: Partial<Play> = {}): Play {
  return {
    eventId: nextEventId(),
    userId: 'ada@example.org',
    trackId: 't1',
    trackName: 'Track One',
    artistId: 'a1',
    artistName: 'Artist One',
    playedAt: at('12:00:00'),
    msPlayed: 180_000,
    platform: 'web',
    ip: '203.0.113.77',
    country: 'NO',
    source: 'app',
    sessionId: null,
    context: null,
    skipReason: 'none',
    timeZone: null,
    location: null,
    ...given,
  }
}

/** A raw like of an artist; say only what the test is about. */
export function rawReaction(given: Partial<Reaction> = {}): Reaction {
  return {
    eventId: nextEventId(),
    userId: 'ada@example.org',
    artistId: 'a1',
    trackId: null,
    kind: 'like',
    reactedAt: at('12:00:00'),
    source: 'app',
    sessionId: null,
    comment: null,
    ...given,
  }
}

/** A raw setting; say only what the test is about. */
export function rawPreference(given: Partial<Preference> = {}): Preference {
  return {
    eventId: nextEventId(),
    userId: 'ada@example.org',
    name: 'country',
    value: 'NO',
    changedAt: at('12:00:00'),
    source: 'app',
    ...given,
  }
}

/** A clean play; `playedAt` may be given as a time of day. */
export function play(given: Partial<Omit<CleanPlay, 'playedAt'>> & { playedAt?: string } = {}): CleanPlay {
  const { playedAt = '12:00:00', ...rest } = given
  return {
    eventId: nextEventId(),
    listener: 'AAAAAAAAAAAAAAAAAAAAAA',
    trackId: 't1',
    trackName: 'Track One',
    artistId: 'a1',
    artistName: 'Artist One',
    playedAt: at(playedAt),
    msPlayed: 180_000,
    platform: 'web',
    network: '203.0.113.0/24',
    country: 'NO',
    source: 'app',
    receivedAt: at(playedAt),
    session: null,
    contextKind: null,
    contextId: null,
    skipReason: 'none',
    utcOffsetMinutes: null,
    ...rest,
  }
}

/** A clean reaction; when it happened may be given as a time of day. */
export function reaction(
  given: Partial<Omit<CleanReaction, 'reactedAt'>> & { reactedAt?: string } = {},
): CleanReaction {
  const { reactedAt = '12:00:00', ...rest } = given
  return {
    eventId: nextEventId(),
    listener: 'AAAAAAAAAAAAAAAAAAAAAA',
    artistId: 'a1',
    trackId: null,
    kind: 'like',
    reactedAt: at(reactedAt),
    source: 'app',
    receivedAt: at(reactedAt),
    session: null,
    ...rest,
  }
}

/** A clean preference; when it was set may be given as a time of day. */
export function preference(
  given: Partial<Omit<CleanPreference, 'changedAt'>> & { changedAt?: string } = {},
): CleanPreference {
  const { changedAt = '12:00:00', ...rest } = given
  return {
    eventId: nextEventId(),
    listener: 'AAAAAAAAAAAAAAAAAAAAAA',
    name: 'block-artist',
    value: 'a1',
    changedAt: at(changedAt),
    source: 'app',
    receivedAt: at(changedAt),
    ...rest,
  }
}

/** A list of two artists, the second of whom is popular and no more. */
export function recommendation(given: Partial<Recommendation> = {}): Recommendation {
  return {
    recommendationId: 'r1',
    listener: 'AAAAAAAAAAAAAAAAAAAAAA',
    modelVersion: 'm1',
    country: 'NO',
    items: [
      {
        artistId: 'a1',
        artistName: 'Artist One',
        score: 0.75,
        reason: 'liked',
        becauseArtistId: 'a9',
        becauseArtistName: 'Artist Nine',
      },
      {
        artistId: 'a2',
        artistName: 'Artist Two',
        score: 0,
        reason: 'popular',
        becauseArtistId: null,
        becauseArtistName: null,
      },
    ],
    madeAt: at('12:00:00'),
    receivedAt: at('12:00:00'),
    ...given,
  }
}

/** That list on a screen. */
export function recommendationShown(given: Partial<RecommendationShown> = {}): RecommendationShown {
  return {
    eventId: nextEventId(),
    listener: 'AAAAAAAAAAAAAAAAAAAAAA',
    recommendationId: 'r1',
    modelVersion: 'm1',
    artistIds: ['a1', 'a2'],
    shownAt: at('12:00:01'),
    surface: 'page',
    ...given,
  }
}

/** Its second artist chosen. */
export function recommendationClicked(given: Partial<RecommendationClicked> = {}): RecommendationClicked {
  return {
    eventId: nextEventId(),
    listener: 'AAAAAAAAAAAAAAAAAAAAAA',
    recommendationId: 'r1',
    modelVersion: 'm1',
    artistId: 'a2',
    rank: 2,
    clickedAt: at('12:00:02'),
    surface: 'page',
    ...given,
  }
}

export function deadLetter(given: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: 's:t:0:1',
    stage: 's',
    kind: 'decode',
    reason: 'malformed_avro',
    topic: 't',
    partition: 0,
    offset: 1,
    timestamp: 1,
    schemaId: null,
    source: null,
    keyId: 'k1',
    sealed: Buffer.from('sealed'),
    attempt: 0,
    topicId: null,
    late: false,
    deflated: false,
    errorCode: null,
    traceId: null,
    summary: '',
    ...given,
  }
}
