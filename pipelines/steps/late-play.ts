import type { CleanPlay, LatePlay } from '../../schemas/events.ts'
import type { Lateness } from '../engine/index.ts'

/**
 * What is told of a play whose window had closed, for any topology that folds plays: which play, and by how much it was late
 * (milliseconds); nothing of its listener.
 */
export const latePlay = (play: CleanPlay, { streamTime, lateByMs }: Lateness): LatePlay => ({
  eventId: play.eventId,
  artistId: play.artistId,
  playedAt: play.playedAt,
  msPlayed: play.msPlayed,
  source: play.source,
  streamTime,
  lateByMs,
})
