import type { Pseudonyms } from '../../schemas/pseudonym.ts'
import { topics } from '../../schemas/topics.ts'
import { type Topology, deduplicate, route, step, topology } from '../engine/index.ts'
import { stripPlay } from '../steps/strip-play.ts'
import { stripPreference } from '../steps/strip-preference.ts'
import { stripReaction } from '../steps/strip-reaction.ts'
import { validatePlay } from '../steps/validate-play.ts'
import { validatePreference } from '../steps/validate-preference.ts'
import { validateReaction } from '../steps/validate-reaction.ts'

export interface AnonymiseOptions {
  pseudonyms: Pseudonyms
  /** How long an event id is remembered. */
  rememberMs: number
}

/** Each row is written under its pseudonym, on the partition number that it came from. */
const asRead = { key: ({ listener }: { listener: string }) => listener, partition: 'as-read' } as const

/**
 * The door: no personal data gets past it. Each event is clean once, and three streams go through it that never wait for one another.
 * Kafka `plays` -> `plays-clean`, `duplicate-plays`; `reactions` -> `reactions-clean`, `duplicate-reactions`;
 * `preferences` -> `preferences-clean`, `duplicate-preferences`.
 */
export function anonymise({ pseudonyms: names, rememberMs }: AnonymiseOptions): Topology {
  return topology('anonymise', ({ read }) => {
    read(topics.plays).pipe(
      step(validatePlay, 'validate'),
      step(stripPlay(names)),
      // Without a name of its own since the first version: another store would have forgotten all ids.
      deduplicate({ id: (play) => play.eventId, rememberMs }),
      route({ first: topics.playsClean, duplicate: topics.duplicatePlays }, asRead),
    )
    read(topics.reactions).pipe(
      step(validateReaction, 'validate'),
      step(stripReaction(names)),
      deduplicate({ id: (reaction) => reaction.eventId, rememberMs, name: 'reactions' }),
      route({ first: topics.reactionsClean, duplicate: topics.duplicateReactions }, asRead),
    )
    read(topics.preferences).pipe(
      step(validatePreference, 'validate'),
      step(stripPreference(names)),
      deduplicate({ id: (preference) => preference.eventId, rememberMs, name: 'preferences' }),
      route({ first: topics.preferencesClean, duplicate: topics.duplicatePreferences }, asRead),
    )
  })
}
