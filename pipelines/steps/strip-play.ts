import { isCountry } from '../../schemas/country.ts'
import type { CleanPlay, Play } from '../../schemas/events.ts'
import { knownSource } from '../../schemas/source.ts'
import { type Step, ok } from '../engine/index.ts'
import { networkOf } from './network-of.ts'
import type { PseudonymOf } from './pseudonyms.ts'

const PLATFORMS = new Set(['android', 'ios', 'web', 'desktop', 'tv', 'speaker', 'car', 'console', 'import'])

/**
 * Makes a play that names nobody: the user id becomes a keyed pseudonym, the address its network. It builds the clean play
 * from what it knows to be safe, field by field, so that a field added to `Play` stays outside until someone lets it in.
 */
export function stripPlay(pseudonymOf: PseudonymOf): Step<Play, CleanPlay> {
  return function stripPlay(play, { now }) {
    return ok({
      eventId: play.eventId.toLowerCase(),
      listener: pseudonymOf(play.userId),
      trackId: play.trackId,
      trackName: play.trackName,
      artistId: play.artistId,
      artistName: play.artistName,
      playedAt: play.playedAt,
      msPlayed: play.msPlayed,
      platform: PLATFORMS.has(play.platform) ? play.platform : 'other',
      network: play.ip === null ? null : networkOf(play.ip),
      country: play.country !== null && isCountry(play.country) ? play.country : null,
      source: knownSource(play.source),
      receivedAt: now,
    })
  }
}
