import type { CleanReaction, Reaction } from '../../schemas/events.ts'
import { type Step, ok } from '../engine/index.ts'
import { stripBy } from './allow-list.ts'
import { allowLists } from './allow-lists.ts'
import type { Pseudonyms } from '../../schemas/pseudonym.ts'

/** Makes a reaction that names nobody, as `stripPlay` makes a play. Its kind has been validated. */
export function stripReaction(names: Pseudonyms): Step<Reaction, CleanReaction> {
  const strip = stripBy(allowLists['reaction.v2'], names)
  return function stripReaction(reaction, { now }) {
    return ok(strip(reaction, now))
  }
}
