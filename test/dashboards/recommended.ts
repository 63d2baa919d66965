import type { RecommendedArtist } from '../../schemas/events.ts'

/** An artist of a list, named by a letter and popular; say only what the test is about. */
export function recommended(letter: string, said: Partial<RecommendedArtist> = {}): RecommendedArtist {
  return {
    artistId: `artist-${letter}`,
    artistName: `Artist ${letter}`,
    score: 1,
    reason: 'popular',
    becauseArtistId: null,
    becauseArtistName: null,
    ...said,
  }
}

/** Artists named by letters, the first the best. */
export const recommendedOf = (letters: string): RecommendedArtist[] =>
  letters.split('').map((letter) => recommended(letter))
