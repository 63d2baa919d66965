import type { Preference } from '../../schemas/events.ts'
import { isPreferenceName, preferenceForms } from '../../schemas/preferences.ts'
import { isText } from '../../schemas/text.ts'
import { type Step, deadLetter, ok } from '../engine/index.ts'
import { isBeforeStreaming, isEventId, isInFuture } from './raw-event.ts'

/**
 * Sets aside settings that cannot be, as `validatePlay` does plays, and those of a name, or with a value, that nobody knows. A value
 * goes on in its canonical form.
 */
export const validatePreference: Step<Preference, Preference> = function validatePreference(
  preference,
  { now },
) {
  const { eventId, userId, name, changedAt } = preference
  if (!isEventId(eventId)) return deadLetter('invalid_event_id')
  if (!isText(userId)) return deadLetter('invalid_user_id')
  if (!isPreferenceName(name)) return deadLetter('unknown_preference')
  const value = preferenceForms[name](preference.value)
  if (value === undefined) return deadLetter('invalid_preference_value')
  if (isBeforeStreaming(changedAt)) return deadLetter('changed_at_before_streaming')
  if (isInFuture(changedAt, now)) return deadLetter('changed_at_in_future')
  return ok({ ...preference, value, changedAt: Math.min(changedAt, now) })
}
