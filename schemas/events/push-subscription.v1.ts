// Made by `npm run schemas:types`: change push-subscription.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A device that takes pushes for a listener. A null record takes it back. */
export interface PushSubscription {
  listener: string
  deviceId: string
  /** web-push */
  provider: string
  /** Of the key that sealed it */
  keyId: string
  /** Endpoint and keys as JSON, AES-256-GCM */
  sealed: Buffer
  changedAt: number
}

export const pushSubscriptionV1 = eventSchema<PushSubscription>('push-subscription.v1')
