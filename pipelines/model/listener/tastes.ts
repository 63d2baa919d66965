/** What is known of what a listener thinks of an artist. */
export interface Taste {
  artistId: string
  /** As a play had it; a reaction has none. */
  artistName: string | null
  /** Plays, less skips, as of `asOf`: each counts for half after {@link HALF_LIFE_MS}. */
  weight: number
  /** ms since 1970, as all times here. */
  asOf: number
  heardAt: number | null
  skippedAt: number | null
  liked: boolean
}

/** All that a list is made of. */
export interface Tastes {
  /** Where the listener is, or wants to be taken to be: ISO 3166-1 alpha-2. */
  country: string | null
  /** Whether the listener has said so. */
  countryChosen: boolean
  /** Artists of whom the listener wants to hear nothing. */
  blocked: readonly string[]
  artists: readonly Taste[]
  /** When the newest event in it reached Kafka. */
  asOf: number
}

/** Something that tells of a listener's tastes. */
export interface TasteEvent {
  kind: 'play' | 'like' | 'unlike' | 'skip' | 'block' | 'unblock' | 'country'
  /** An artist's id; of `country` the country. */
  subject: string
  /** Of a play. */
  artistName: string | null
  country: string | null
  /** When it happened. */
  at: number
  /** When it reached Kafka. */
  receivedAt: number
}

const HALF_LIFE_MS = 30 * 24 * 3_600_000
/** A like is worth so many plays of today, and does not fade. */
const LIKE_PLAYS = 5
/** So many artists are remembered of a listener: those that count most. */
export const MOST_ARTISTS = 200
/** So many are blocked at most: the last ones. */
const MOST_BLOCKED = 500

export const noTastes = (): Tastes => ({
  country: null,
  countryChosen: false,
  blocked: [],
  artists: [],
  asOf: 0,
})

/** How often an artist counts as played at a time: 0 for one who has been skipped more. */
export const playsOf = (taste: Taste, at: number): number =>
  Math.max(0, faded(taste.weight, taste.asOf, at)) + (taste.liked ? LIKE_PLAYS : 0)

/** Tastes with an event more; whatever has been given stays as it is. */
export function withEvent(tastes: Tastes, event: TasteEvent): Tastes {
  const asOf = Math.max(tastes.asOf, event.receivedAt)
  switch (event.kind) {
    case 'country':
      return { ...tastes, asOf, country: event.subject, countryChosen: true }
    case 'block': {
      const others = without(tastes.blocked, event.subject)
      return { ...tastes, asOf, blocked: [...others, event.subject].slice(-MOST_BLOCKED) }
    }
    case 'unblock':
      return { ...tastes, asOf, blocked: without(tastes.blocked, event.subject) }
    default: {
      const known = tastes.artists.find(({ artistId }) => artistId === event.subject)
      const taste = tasteWith(known ?? untold(event.subject, asOf), event, asOf)
      const others = tastes.artists.filter((each) => each !== known)
      const country = tastes.countryChosen ? tastes.country : (event.country ?? tastes.country)
      return { ...tastes, asOf, country, artists: most([...others, taste], asOf) }
    }
  }
}

const untold = (artistId: string, asOf: number): Taste => ({
  artistId,
  artistName: null,
  weight: 0,
  asOf,
  heardAt: null,
  skippedAt: null,
  liked: false,
})

function tasteWith(taste: Taste, { kind, at, artistName }: TasteEvent, asOf: number): Taste {
  const before = faded(taste.weight, taste.asOf, asOf)
  const now = { ...taste, weight: before, asOf }
  switch (kind) {
    case 'play':
      return {
        ...now,
        artistName: artistName ?? taste.artistName,
        weight: before + faded(1, at, asOf),
        heardAt: later(taste.heardAt, at),
      }
    case 'skip':
      return { ...now, weight: before - faded(1, at, asOf), skippedAt: later(taste.skippedAt, at) }
    default:
      return { ...now, liked: kind === 'like' }
  }
}

/** What a weight of one time is worth at another, later one. */
const faded = (weight: number, from: number, to: number): number =>
  to <= from ? weight : weight * 2 ** ((from - to) / HALF_LIFE_MS)

const later = (one: number | null, other: number): number => Math.max(one ?? other, other)

const without = (ids: readonly string[], id: string): string[] => ids.filter((each) => each !== id)

/** Those that count most, for or against. */
function most(artists: readonly Taste[], at: number): readonly Taste[] {
  if (artists.length <= MOST_ARTISTS) return artists
  const counts = (taste: Taste) => Math.max(playsOf(taste, at), Math.abs(faded(taste.weight, taste.asOf, at)))
  const least = artists.reduce((one, other) => (counts(other) < counts(one) ? other : one))
  return artists.filter((each) => each !== least)
}
