import type { CleanPreference, Preference } from '../../schemas/events.ts'
import { knownSource } from '../../schemas/source.ts'
import { type Step, ok } from '../engine/index.ts'
import type { PseudonymOf } from './pseudonyms.ts'

/** Makes a setting that names nobody, field by field, as `stripPlay` makes a play. Name and value have been validated. */
export function stripPreference(pseudonymOf: PseudonymOf): Step<Preference, CleanPreference> {
  return function stripPreference(preference, { now }) {
    return ok({
      eventId: preference.eventId.toLowerCase(),
      listener: pseudonymOf(preference.userId),
      name: preference.name,
      value: preference.value,
      changedAt: preference.changedAt,
      source: knownSource(preference.source),
      receivedAt: now,
    })
  }
}
