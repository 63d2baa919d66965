import type { ArtistTotal, Recommendation } from '../schemas/events.ts'

const LIST_LENGTH = 20
const MINUTE_MS = 60_000
const START = Date.UTC(2026, 0, 1)

const artist = (number: number) => ({
  artistId: `0123456789abcdef${number.toString().padStart(6, '0')}`,
  artistName: `The Artists No. ${number}`,
})

/** As long as a pseudonym. */
export const listenerName = (number: number) => `listener-${number.toString().padStart(13, '0')}`

/** A total of an artist in a window that begins so many ms after the first. */
export function madeTotal(number: number, windowAt: number): ArtistTotal {
  const windowStart = START + windowAt
  return {
    ...artist(number),
    windowStart,
    windowEnd: windowStart + MINUTE_MS,
    plays: 1 + (number % 50),
    msPlayed: 1_000 * number,
    listeners: 3,
    receivedAt: windowStart,
    listenerBits: (number % 65_536).toString(16).padStart(32, '0'),
  }
}

/** A list of twenty artists. */
export function madeList(number: number, listener = listenerName(number)): Recommendation {
  const items = Array.from({ length: LIST_LENGTH }, (_, at) => ({
    ...artist(number + at),
    score: 1 / (at + 1),
    reason: 'liked',
    becauseArtistId: null,
    becauseArtistName: null,
  }))
  return {
    recommendationId: `list-${number}`,
    listener,
    modelVersion: 'bench',
    country: null,
    items,
    madeAt: START + number,
    receivedAt: START + number,
  }
}
