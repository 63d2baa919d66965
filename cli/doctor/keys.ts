import { type Check, bad, check, ok, warn } from '../../sinks/finding.ts'
import { ConfigError } from '../config.ts'
import { keysById } from '../keys-by-id.ts'
import { readPseudonyms } from '../privacy/read-pseudonyms.ts'
import type { Around } from './group.ts'

/** Why keys cannot be used; undefined where they can. */
export interface SeenKeys {
  refusal: string | undefined
}

const besidePseudonyms = ['DEAD_LETTER_KEY', 'TOKEN_KEY', 'PUSH_KEY', 'VAPID_KEY'] as const

export async function lookAtKeys({ config, flags, env }: Around): Promise<SeenKeys> {
  try {
    await readPseudonyms(flags, besidePseudonyms, env)
    keysById('DEAD_LETTER_OLD_KEYS', config.DEAD_LETTER_OLD_KEYS)
    return { refusal: undefined }
  } catch (error) {
    if (error instanceof ConfigError) return { refusal: error.message }
    throw error
  }
}

/** Keys that are not set here may be set where they are needed; what is set and is none, is wrong. */
const keys: Check<SeenKeys> = check('keys', ({ refusal }) => {
  if (refusal === undefined) return ok('all are set, and are keys')
  const [, missing, remedy] = /^(.*? (?:is|are) not set)(?:\. |, and )(.*)$/.exec(refusal) ?? []
  if (missing === undefined || remedy === undefined) return bad('some cannot be used', refusal)
  return warn(`${missing} here; each role needs its own`, remedy)
})

export const keyChecks: readonly Check<SeenKeys>[] = [keys]
