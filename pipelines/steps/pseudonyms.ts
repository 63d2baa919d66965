import { LRUCache } from 'lru-cache'
import { pseudonymise } from '../../schemas/pseudonym.ts'

const PSEUDONYMS_CACHED = 100_000

/** The pseudonym of a user id. */
export type PseudonymOf = (userId: string) => string

/** Pseudonyms by a key. Those asked for last are remembered: most listeners come again soon, and a hash costs more than to look. */
export function pseudonyms(key: Buffer): PseudonymOf {
  const known = new LRUCache<string, string>({ max: PSEUDONYMS_CACHED })
  return function pseudonymOf(userId) {
    let pseudonym = known.get(userId)
    if (pseudonym === undefined) known.set(userId, (pseudonym = pseudonymise(key, userId)))
    return pseudonym
  }
}
