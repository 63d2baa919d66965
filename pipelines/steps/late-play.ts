import type { CleanPlay, LatePlay } from '../../schemas/events.ts'
import type { Lateness } from '../engine/index.ts'

/** Fields of a play that {@link latePlay} reads. */
export const toldOfLate = ['eventId', 'artistId', 'playedAt', 'msPlayed', 'source'] as const

/**
 * What is told of a play whose window had closed, for any topology that folds plays: which play, and by how much it was late
 * (milliseconds); nothing of its listener.
 */
export const latePlay = (
  play: Pick<CleanPlay, (typeof toldOfLate)[number]>,
  { streamTime, lateByMs }: Lateness,
): LatePlay => ({
  eventId: play.eventId,
  artistId: play.artistId,
  playedAt: play.playedAt,
  msPlayed: play.msPlayed,
  source: play.source,
  streamTime,
  lateByMs,
})
