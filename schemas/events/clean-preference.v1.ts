// Made by `npm run schemas:types`: change clean-preference.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A setting without personal data: what everything behind the door reads. */
export interface CleanPreference {
  eventId: string
  /** Keyed HMAC of the user id, 22 characters of base64url */
  listener: string
  /** One of those in schemas/preferences.ts */
  name: string
  /** In its canonical form */
  value: string
  changedAt: number
  source: string
  /** When the raw setting reached Kafka */
  receivedAt: number
}

export const cleanPreferenceV1 = eventSchema<CleanPreference>('clean-preference.v1')
