import { type Codec, DecodeError } from '../../schemas/codec.ts'
import { type DeadLetter, deadLetterTopic } from '../../schemas/dead-letter.ts'
import { type SealingKey, recordOf } from './dead-letters.ts'
import type { RawRecord } from './raw-record.ts'

/** A record of a replay topic: what it stands for, or why that cannot be taken. */
export type GivenBack =
  | { letter: DeadLetter; record: RawRecord }
  /** The letter, if it could be read, goes back to where it was. */
  | { letter: DeadLetter | undefined; record?: undefined; reason: string }

export interface OpeningOptions {
  /** With the schemas of the letters loaded. */
  codec: Codec
  deadLetterKey: SealingKey
  /** Who takes it: letters of others go back. */
  stage: string
  takes(letter: DeadLetter): boolean
}

/** Opens a record of a replay topic. */
export function openGivenBack(
  { value }: RawRecord,
  { codec, deadLetterKey, stage, takes }: OpeningOptions,
): GivenBack {
  let letter: DeadLetter
  try {
    letter = codec.decode(deadLetterTopic, value)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { letter: undefined, reason: error.reason }
  }
  if (letter.stage !== stage || !takes(letter)) return { letter, reason: 'not_of_this_stage' }
  try {
    return { letter, record: recordOf(deadLetterKey, letter) }
  } catch {
    return { letter, reason: 'other_dead_letter_key' }
  }
}

/** The letter as it goes back. */
export const goesBack = (letter: DeadLetter, reason: string): DeadLetter => ({
  ...letter,
  reason,
  attempt: letter.attempt + 1,
})
