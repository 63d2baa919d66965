import type { CleanPlay, Play } from '../../schemas/events.ts'
import { type Step, ok } from '../engine/index.ts'
import { stripBy } from './allow-list.ts'
import { allowLists } from './allow-lists.ts'
import type { Pseudonyms } from '../../schemas/pseudonym.ts'

/** Makes a play that names nobody, by the allow-list of its version: a field that has no rule there stays outside. */
export function stripPlay(names: Pseudonyms): Step<Play, CleanPlay> {
  const strip = stripBy(allowLists['play.v3'], names)
  return function stripPlay(play, { now }) {
    return ok(strip(play, now))
  }
}
