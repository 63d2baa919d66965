// Made by `npm run schemas:types`: change erasure-request.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A listener wants all that is known of them to be erased. It names them by pseudonym alone. */
export interface ErasureRequest {
  requestId: string
  /** Keyed HMAC of the user id, 22 characters of base64url */
  listener: string
  requestedAt: number
  /** When it must be done, by law */
  dueAt: number
  /** app, or who took it down */
  source: string
}

export const erasureRequestV1 = eventSchema<ErasureRequest>('erasure-request.v1')
