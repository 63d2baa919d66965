import type { CleanReaction, Reaction } from '../../schemas/events.ts'
import { knownSource } from '../../schemas/source.ts'
import { type Step, ok } from '../engine/index.ts'
import type { PseudonymOf } from './pseudonyms.ts'

/** Makes a reaction that names nobody, field by field, as `stripPlay` makes a play. Its kind has been validated. */
export function stripReaction(pseudonymOf: PseudonymOf): Step<Reaction, CleanReaction> {
  return function stripReaction(reaction, { now }) {
    return ok({
      eventId: reaction.eventId.toLowerCase(),
      listener: pseudonymOf(reaction.userId),
      artistId: reaction.artistId,
      trackId: reaction.trackId,
      kind: reaction.kind,
      reactedAt: reaction.reactedAt,
      source: knownSource(reaction.source),
      receivedAt: now,
    })
  }
}
