import { type Codec, DecodeError } from '../../schemas/codec.ts'
import { type DeadLetter, deadLetterTopic } from '../../schemas/dead-letter.ts'
import type { FixContext } from './fix-context.ts'
import { type Original, type SealingKey, isCut, recordOf } from './dead-letters.ts'
import type { RawRecord } from './raw-record.ts'

/** A record of a replay topic: what it stands for, or why that cannot be taken. */
export type GivenBack =
  | { letter: DeadLetter; record: RawRecord }
  /** The letter, if it could be read, goes back to where it was. */
  | { letter: DeadLetter | undefined; record?: undefined; reason: string }

export interface OpeningOptions {
  codec: Codec
  deadLetterKey: SealingKey
  /** Who takes it: letters of others go back. */
  stage: string
  takes(letter: DeadLetter): boolean
}

/**
 * Opens records of a replay topic, in their order, each with the schema loaded of what it holds. The next is opened when it is asked for: what was
 * compressed may be a thousand times as large as it came.
 */
export async function* openAllGivenBack(
  records: readonly RawRecord[],
  options: OpeningOptions,
): AsyncGenerator<GivenBack & { at: RawRecord }> {
  const { codec } = options
  await codec.load(records.map(({ value }) => value))
  for (const at of records) {
    const given = openGivenBack(at, options)
    await codec.load([given.record?.value ?? null])
    yield { at, ...given }
  }
}

/** Opens a record of a replay topic, with the schema of its letter loaded. */
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

/**
 * Makes of a record the one that its stage is given in its place. `letter` says where it was and why it was set aside, `context` reads and writes its
 * value, of type `V`. Null leaves the letter where it is.
 */
export type Fix<V = unknown> = (
  original: Original,
  letter: DeadLetter,
  context: FixContext<V>,
) => Original | null

/** One for whatever topic. */
export type AnyFix = Fix<never>

/** What a fix makes of a record. What else it says of the letter would be sent with it – a lower `attempt` would be given back twice –, so it cannot. */
export const fixedBy = (fix: AnyFix, ...[original, letter, context]: Parameters<AnyFix>): Original | null =>
  fix(original, Object.freeze({ ...letter }), context)

/** Why a letter is given back to nobody, whatever its fix; undefined for one that may be. */
export function whyNot(letter: Pick<DeadLetter, 'reason' | 'late'>): string | undefined {
  if (letter.late) return 'late: their windows have closed, and other windows may have them'
  if (isCut(letter)) return 'cut: only the beginning of the record was kept'
  return undefined
}
