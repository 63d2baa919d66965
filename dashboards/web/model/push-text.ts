import { type Refusal, causeOf } from './not-taken-text.ts'

/** What the listener reads when notifications were not turned on or off as they asked. */
export const pushText = {
  blocked:
    'Notifications are blocked for this page: allow them in the settings that your browser has for it, then try again.',
  noService:
    'Notifications were not turned on: your browser’s push service does not answer. Try again later.',
  notOn: (refusal: Refusal) => `Notifications were not turned on: ${causeOf(refusal)}`,
  notOff: 'Notifications could not be turned off. Try again in a moment.',
}
