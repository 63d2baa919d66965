import type { Reaction } from '../../schemas/events.ts'
import { isReactionKind } from '../../schemas/reactions.ts'
import { isText } from '../../schemas/text.ts'
import { type Step, deadLetter, ok } from '../engine/index.ts'
import { isBeforeStreaming, isEventId, isInFuture } from './raw-event.ts'

/** Sets aside reactions that cannot be, as `validatePlay` does plays, and those of a kind that nobody knows. */
export const validateReaction: Step<Reaction, Reaction> = function validateReaction(reaction, { now }) {
  const { eventId, userId, artistId, trackId, kind, reactedAt } = reaction
  if (!isEventId(eventId)) return deadLetter('invalid_event_id')
  if (!isText(userId)) return deadLetter('invalid_user_id')
  if (!isText(artistId) || (trackId !== null && !isText(trackId))) return deadLetter('invalid_text')
  if (!isReactionKind(kind)) return deadLetter('unknown_reaction')
  if (isBeforeStreaming(reactedAt)) return deadLetter('reacted_at_before_streaming')
  if (isInFuture(reactedAt, now)) return deadLetter('reacted_at_in_future')
  return ok(reactedAt > now ? { ...reaction, reactedAt: now } : reaction)
}
