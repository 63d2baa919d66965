// Made by `npm run schemas:types`: change preference.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** One setting of a listener, which holds until it is set anew. Raw: it names the user. */
export interface Preference {
  /** UUID, or a keyed hash in hex: the same setting sent twice has the same id */
  eventId: string
  userId: string
  /** One of those in schemas/preferences.ts */
  name: string
  /** In the form that its name has there */
  value: string
  /** By the app's clock */
  changedAt: number
  /** app, simulator, or import:ID */
  source: string
}

export const preferenceV1 = eventSchema<Preference>('preference.v1')
