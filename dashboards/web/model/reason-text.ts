import type { RecommendedArtist } from '../../../schemas/events.ts'

type Reason = Pick<RecommendedArtist, 'reason' | 'becauseArtistName'>

/** Why an artist is recommended, in words. A kind of reason that this page does not know yet is told in general. */
export function reasonText({ reason, becauseArtistName }: Reason): string {
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
