// Made by `npm run schemas:types`: change notification.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** Something to tell a listener who is not looking, until it expires. */
export interface Notification {
  notificationId: string
  listener: string
  /** recommendation */
  kind: string
  recommendationId: string
  modelVersion: string
  artistId: string
  artistName: string
  /** Of whom the listener played or liked something; null where it is popular */
  becauseArtistName: string | null
  /** As in the recommendation */
  score: number
  createdAt: number
  /** From then on it must not be sent any more */
  expiresAt: number
}

export const notificationV1 = eventSchema<Notification>('notification.v1')
