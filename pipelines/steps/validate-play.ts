import type { Play } from '../../schemas/events.ts'
import { type Step, deadLetter, hours, ok } from '../engine/index.ts'

const EVENT_ID = /^[0-9a-f-]{32,36}$/i
const LONGEST_TEXT = 512
const LONGEST_PLAY_MS = hours(24)
const FIRST_STREAM = Date.UTC(2000, 0, 1)
const CLOCK_LEAD_MS = hours(1)

const isText = (text: string) => text.length > 0 && text.length <= LONGEST_TEXT

/**
 * Sets aside plays that cannot be: an id of no known form, empty or endless texts, times before streaming or ahead of now.
 * A player's clock may lead by less than an hour: such a play ended, at the latest, when it reached Kafka.
 */
export const validatePlay: Step<Play, Play> = function validatePlay(play, { now }) {
  if (!EVENT_ID.test(play.eventId)) return deadLetter('invalid_event_id')
  if (!isText(play.userId)) return deadLetter('invalid_user_id')
  if (![play.trackId, play.trackName, play.artistId, play.artistName].every(isText))
    return deadLetter('invalid_text')
  if (!(play.msPlayed >= 0 && play.msPlayed <= LONGEST_PLAY_MS)) return deadLetter('invalid_ms_played')
  if (play.playedAt < FIRST_STREAM) return deadLetter('played_at_before_streaming')
  if (play.playedAt > now + CLOCK_LEAD_MS) return deadLetter('played_at_in_future')
  return ok(play.playedAt > now ? { ...play, playedAt: now } : play)
}
