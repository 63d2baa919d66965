import type { CleanPreference, Preference } from '../../schemas/events.ts'
import { type Step, ok } from '../engine/index.ts'
import { stripBy } from './allow-list.ts'
import { allowLists } from './allow-lists.ts'
import type { Pseudonyms } from '../../schemas/pseudonym.ts'

/** Makes a setting that names nobody, as `stripPlay` makes a play. Name and value have been validated. */
export function stripPreference(names: Pseudonyms): Step<Preference, CleanPreference> {
  const strip = stripBy(allowLists['preference.v1'], names)
  return function stripPreference(preference, { now }) {
    return ok(strip(preference, now))
  }
}
