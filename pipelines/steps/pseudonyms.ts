import { createHmac } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { pseudonymise } from '../../schemas/pseudonym.ts'

const PSEUDONYMS_CACHED = 100_000

/** The pseudonym of an id. */
export type PseudonymOf = (id: string) => string

/** Pseudonyms of what can lead to a listener. */
export interface Pseudonyms {
  listener: PseudonymOf
  session: PseudonymOf
  /** Of what a play was played from. */
  context: PseudonymOf
}

/** Pseudonyms by a key, those of a kind by a key of its own: one id in two kinds is two pseudonyms. */
export function pseudonyms(key: Buffer): Pseudonyms {
  const derived = (kind: string) => createHmac('sha256', key).update(kind).digest()
  return {
    listener: remembered(key),
    session: remembered(derived('session')),
    context: remembered(derived('context')),
  }
}

/** Those asked for last are remembered: most listeners come again soon, and a hash costs more than to look. */
function remembered(key: Buffer): PseudonymOf {
  const known = new LRUCache<string, string>({ max: PSEUDONYMS_CACHED })
  return function pseudonymOf(id) {
    let pseudonym = known.get(id)
    if (pseudonym === undefined) known.set(id, (pseudonym = pseudonymise(key, id)))
    return pseudonym
  }
}
