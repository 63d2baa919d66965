import { type ECDH, createECDH, randomBytes } from 'node:crypto'
import type { WebPushDevice } from '../../../schemas/push-subscriptions.ts'

/**
 * How pushes to a subscription are answered: `accept` takes them, a number is the status, `429` and `503` come with Retry-After, `reset` breaks
 * the connection, `reset-after` takes the push and breaks it before it says so, `redirect` points to another address, `silent` never answers.
 */
export const behaviours = [
  'accept',
  '404',
  '410',
  '413',
  '429',
  '500',
  '503',
  'reset',
  'reset-after',
  'redirect',
  'silent',
] as const
export type Behaviour = (typeof behaviours)[number]

/** A browser, as far as the sandbox plays one. */
export interface Subscriber {
  id: string
  keys: ECDH
  auth: Buffer
  behaviour: Behaviour
  /** The public key of the sender whom it has subscribed to, if it has said so. */
  boundTo: string | undefined
}

export function newSubscriber(behaviour: Behaviour, boundTo: string | undefined): Subscriber {
  const keys = createECDH('prime256v1')
  keys.generateKeys()
  return { id: randomBytes(16).toString('base64url'), keys, auth: randomBytes(16), behaviour, boundTo }
}

/** As a browser gives itself to whoever is to push to it. */
export const deviceOf = ({ id, keys, auth }: Subscriber, origin: string): WebPushDevice => ({
  endpoint: `${origin}/push/${id}`,
  keys: { p256dh: keys.getPublicKey('base64url'), auth: auth.toString('base64url') },
})
