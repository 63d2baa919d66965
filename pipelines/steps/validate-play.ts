import type { Play } from '../../schemas/events.ts'
import { isText } from '../../schemas/text.ts'
import { type Step, deadLetter, hours, ok } from '../engine/index.ts'
import { isBeforeStreaming, isEventId, isInFuture } from './raw-event.ts'

const LONGEST_PLAY_MS = hours(24)

/**
 * Sets aside plays that cannot be: an id of no known form, empty or endless texts, times before streaming or ahead of now.
 * A player's clock may lead by less than an hour: such a play ended, at the latest, when it reached Kafka.
 */
export const validatePlay: Step<Play, Play> = function validatePlay(play, { now }) {
  if (!isEventId(play.eventId)) return deadLetter('invalid_event_id')
  if (!isText(play.userId)) return deadLetter('invalid_user_id')
  if (![play.trackId, play.trackName, play.artistId, play.artistName].every(isText))
    return deadLetter('invalid_text')
  if (!(play.msPlayed >= 0 && play.msPlayed <= LONGEST_PLAY_MS)) return deadLetter('invalid_ms_played')
  if (isBeforeStreaming(play.playedAt)) return deadLetter('played_at_before_streaming')
  if (isInFuture(play.playedAt, now)) return deadLetter('played_at_in_future')
  return ok(play.playedAt > now ? { ...play, playedAt: now } : play)
}
