import type { RecommendedArtist } from '../../../schemas/events.ts'
import type { ReactionKind } from '../../../schemas/reactions.ts'
import { reasonText } from './reason-text.ts'

/** As many places as the page keeps room for. */
const PLACES = 10

/** A recommended artist as the listener sees it. */
export interface ForYouRow {
  artistId: string
  artistName: string
  reason: string
  /** Its place in the list as it came; 1 is the first. */
  rank: number
  /** It was not in the list before. */
  isNew: boolean
  isLiked: boolean
}

/**
 * The rows of a list: without whom the listener has skipped. In the first list, which has none before it, nobody is new.
 * @param opinionOf the listener's newest word on an artist
 */
export function forYouRows(
  list: readonly RecommendedArtist[],
  before: readonly RecommendedArtist[] | undefined,
  opinionOf: (artistId: string) => ReactionKind | undefined,
): ForYouRow[] {
  const known = new Set((before ?? list).map(({ artistId }) => artistId))
  return list
    .slice(0, PLACES)
    .map((artist, place) => ({
      artistId: artist.artistId,
      artistName: artist.artistName,
      reason: reasonText(artist),
      rank: place + 1,
      isNew: !known.has(artist.artistId),
      isLiked: opinionOf(artist.artistId) === 'like',
    }))
    .filter(({ artistId }) => opinionOf(artistId) !== 'skip')
}
