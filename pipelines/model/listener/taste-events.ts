import type { CleanPlay, CleanPreference, CleanReaction } from '../../../schemas/events.ts'
import { LEAST_LISTENING_MS } from '../../../schemas/listening.ts'
import type { PreferenceName } from '../../../schemas/preferences.ts'
import { type Step, drop, ok } from '../../engine/index.ts'
import type { TasteEvent } from './tastes.ts'

export const tasteOfPlay: Step<CleanPlay, TasteEvent> = function tasteOfPlay(play) {
  if (play.msPlayed < LEAST_LISTENING_MS) return drop('too_short')
  return ok({
    kind: 'play',
    subject: play.artistId,
    artistName: play.artistName,
    country: play.country,
    at: play.playedAt,
    receivedAt: play.receivedAt,
  })
}

export const tasteOfReaction: Step<CleanReaction, TasteEvent> = function tasteOfReaction(reaction) {
  return ok({
    kind: reaction.kind as TasteEvent['kind'],
    subject: reaction.artistId,
    artistName: null,
    country: null,
    at: reaction.reactedAt,
    receivedAt: reaction.receivedAt,
  })
}

/** Preferences that change what is recommended; the others are the push stage's. */
const kinds: Readonly<Partial<Record<PreferenceName, TasteEvent['kind']>>> = {
  'block-artist': 'block',
  'unblock-artist': 'unblock',
  country: 'country',
}

export const tasteOfPreference: Step<CleanPreference, TasteEvent> = function tasteOfPreference(preference) {
  const kind = kinds[preference.name as PreferenceName]
  if (kind === undefined) return drop('other_preference')
  return ok({
    kind,
    subject: preference.value,
    artistName: null,
    country: null,
    at: preference.changedAt,
    receivedAt: preference.receivedAt,
  })
}
