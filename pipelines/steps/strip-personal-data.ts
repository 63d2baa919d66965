import { LRUCache } from 'lru-cache'
import type { CleanPlay, Play } from '../../schemas/events.ts'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { knownSource } from '../../schemas/source.ts'
import { type Step, ok } from '../engine/index.ts'
import { networkOf } from './network-of.ts'

const PLATFORMS = new Set(['android', 'ios', 'web', 'desktop', 'tv', 'speaker', 'car', 'console', 'import'])
const COUNTRY = /^[A-Z]{2}$/
const PSEUDONYMS_CACHED = 100_000

/**
 * Makes a play that names nobody: the user id becomes a keyed pseudonym, the address its network. It builds the clean play
 * from what it knows to be safe, field by field, so that a field added to `Play` stays outside until someone lets it in.
 */
export function stripPersonalData(key: Buffer): Step<Play, CleanPlay> {
  const pseudonyms = new LRUCache<string, string>({ max: PSEUDONYMS_CACHED })

  function pseudonym(userId: string): string {
    let known = pseudonyms.get(userId)
    if (known === undefined) pseudonyms.set(userId, (known = pseudonymise(key, userId)))
    return known
  }

  return function stripPersonalData(play, { now }) {
    return ok({
      eventId: play.eventId.toLowerCase(),
      listener: pseudonym(play.userId),
      trackId: play.trackId,
      trackName: play.trackName,
      artistId: play.artistId,
      artistName: play.artistName,
      playedAt: play.playedAt,
      msPlayed: play.msPlayed,
      platform: PLATFORMS.has(play.platform) ? play.platform : 'other',
      network: play.ip === null ? null : networkOf(play.ip),
      country: play.country !== null && COUNTRY.test(play.country) ? play.country : null,
      source: knownSource(play.source),
      receivedAt: now,
    })
  }
}
