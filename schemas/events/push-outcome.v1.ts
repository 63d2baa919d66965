// Made by `npm run schemas:types`: change push-outcome.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** Something that became of a notification, or of its push to one device. */
export interface PushOutcome {
  eventId: string
  notificationId: string
  listener: string
  /** Null where it is of the notification as a whole */
  deviceId: string | null
  /** attempted, accepted, deferred, failed, pruned, dropped or clicked */
  outcome: string
  /** snake_case; null where there is nothing to say */
  reason: string | null
  /** What the push service answered, as HTTP has it */
  status: number | null
  /** How often it has been sent so far; 0 where it has not */
  attempt: number
  at: number
}

export const pushOutcomeV1 = eventSchema<PushOutcome>('push-outcome.v1')
