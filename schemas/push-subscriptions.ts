import { ECDH, createHash } from 'node:crypto'
import type { PushSubscription } from './events.ts'
import { type SealingKey, seal, unseal } from './seal.ts'

/** Where a browser takes pushes, as its `PushSubscription.toJSON()` says it (W3C Push API). Whoever has it can push, so it is kept sealed. */
export interface WebPushDevice {
  endpoint: string
  keys: {
    /** The browser's public key, a point of P-256: 65 bytes in base64url. */
    p256dh: string
    /** Its secret: 16 bytes in base64url. */
    auth: string
  }
}

const LONGEST_ENDPOINT = 2_048
const POINT_BYTES = 65
const AUTH_BYTES = 16

/** Whether what a stranger gives is a subscription. What its endpoint leads to is not asked here. */
export function isWebPushDevice(given: unknown): given is WebPushDevice {
  const { endpoint, keys } = (given ?? {}) as Partial<WebPushDevice>
  if (!isEndpoint(endpoint)) return false
  const { p256dh, auth } = (keys ?? {}) as Partial<WebPushDevice['keys']>
  return isBytes(p256dh, POINT_BYTES) && isPoint(p256dh) && isBytes(auth, AUTH_BYTES)
}

/** Whether what a stranger gives can be the address at which a push service takes pushes for a device. */
export const isEndpoint = (given: unknown): given is string =>
  typeof given === 'string' && given.length <= LONGEST_ENDPOINT && URL.parse(given)?.protocol === 'https:'

/** A device without its endpoint: 128 bits of the endpoint's SHA-256, which cannot be guessed, since an endpoint cannot. */
export const deviceIdOf = (endpoint: string): string =>
  createHash('sha256').update(endpoint).digest().subarray(0, 16).toString('base64url')

/** The key of a subscription's record: its listener is part of it, so that nobody can replace or delete another's. */
export const subscriptionKey = (listener: string, deviceId: string): string => `${listener}.${deviceId}`

/** Seals a subscription for the topic. */
export function sealSubscription(
  key: SealingKey,
  { listener, device, changedAt }: { listener: string; device: WebPushDevice; changedAt: number },
): PushSubscription {
  const deviceId = deviceIdOf(device.endpoint)
  const { endpoint, keys } = device
  const text = Buffer.from(JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }))
  const sealed = seal(key, subscriptionKey(listener, deviceId), text)
  return { listener, deviceId, provider: 'web-push', keyId: key.id, sealed, changedAt }
}

/** @throws if it was sealed with another key, or changed */
export function openSubscription(
  key: SealingKey,
  { listener, deviceId, sealed }: PushSubscription,
): WebPushDevice {
  return JSON.parse(unseal(key, subscriptionKey(listener, deviceId), sealed).toString()) as WebPushDevice
}

function isBytes(text: unknown, length: number): text is string {
  if (typeof text !== 'string' || !/^[\w-]+={0,2}$/.test(text)) return false
  return Buffer.from(text, 'base64url').length === length
}

function isPoint(text: string): boolean {
  try {
    ECDH.convertKey(text, 'prime256v1', 'base64url')
    return true
  } catch {
    return false
  }
}
