import { createHmac } from 'node:crypto'
import { LRUCache } from 'lru-cache'

const PSEUDONYMS_CACHED = 100_000

/**
 * HMAC-SHA256 (RFC 2104) of an id, its first 128 bits as 22 characters of base64url. Without the key a guessed id cannot be
 * confirmed.
 */
export function pseudonymise(key: Buffer, id: string): string {
  return createHmac('sha256', key).update(id).digest().subarray(0, 16).toString('base64url')
}

/** Whether a text has the form of one. */
export const isPseudonym = (text: string): boolean => /^[\w-]{22}$/.test(text)

/** The pseudonym of an id. */
export type PseudonymOf = (id: string) => string

/** The names behind the door of what can lead to a listener. */
export interface Pseudonyms {
  listener: PseudonymOf
  session: PseudonymOf
  /** Of what a play was played from. */
  context: PseudonymOf
  /** The key of the first epoch, for what is not to change with an epoch: ids of imported plays. */
  firstKey: Buffer
}

/**
 * Pseudonyms by the keys of the epochs, the oldest first: each epoch makes its pseudonyms of those of the one before, so that they can be brought
 * from one to the next without anybody's id.
 *
 *     id ──k₁──▶ pseudonym of epoch 1 ──k₂──▶ pseudonym of epoch 2 ──▶ …
 *
 * Those of a kind have keys of their own: one id in two kinds is two pseudonyms. By a new epoch's key alone it maps old pseudonyms to new ones.
 */
export function pseudonyms(keys: readonly [Buffer, ...Buffer[]]): Pseudonyms {
  const derived = (kind: string) => keys.map((key) => createHmac('sha256', key).update(kind).digest())
  return {
    listener: remembered(keys),
    session: remembered(derived('session')),
    context: remembered(derived('context')),
    firstKey: keys[0],
  }
}

/** Those asked for last are remembered: most listeners come again soon, and hashes cost more than to look. */
function remembered(keys: readonly Buffer[]): PseudonymOf {
  const known = new LRUCache<string, string>({ max: PSEUDONYMS_CACHED })
  return function pseudonymOf(id) {
    let pseudonym = known.get(id)
    if (pseudonym === undefined) {
      pseudonym = keys.reduce((name, key) => pseudonymise(key, name), id)
      known.set(id, pseudonym)
    }
    return pseudonym
  }
}
