import type { RecommendedArtist } from '../../../schemas/events.ts'

type Reason = Pick<RecommendedArtist, 'artistId' | 'reason' | 'becauseArtistId' | 'becauseArtistName'>

/** Why an artist is recommended, in words. A kind of reason that this page does not know yet is told in general. */
export function reasonText({ artistId, reason, becauseArtistId, becauseArtistName }: Reason): string {
  if (becauseArtistId === artistId) return 'you have not played them lately'
  switch (reason) {
    case 'played':
      return `because you played ${becauseArtistName ?? 'something like them'}`
    case 'liked':
      return `because you liked ${becauseArtistName ?? 'something like them'}`
    case 'popular':
      return 'popular where you are'
    default:
      return 'chosen for you'
  }
}
