import { createHmac } from 'node:crypto'

/**
 * The name of a listener behind the door: HMAC-SHA256 (RFC 2104) of the user id, its first 128 bits as 22 characters of
 * base64url. Without the key a guessed user id cannot be confirmed.
 */
export function pseudonymise(key: Buffer, userId: string): string {
  return createHmac('sha256', key).update(userId).digest().subarray(0, 16).toString('base64url')
}
