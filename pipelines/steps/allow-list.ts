import { compileFunction } from 'node:vm'
import type { Pseudonyms } from '../../schemas/pseudonym.ts'

/** What becomes of a field of a raw event at the door. */
export interface Rule<Raw, Clean> {
  readonly rule: 'keep' | 'pseudonymise' | 'generalise' | 'drop'
  /** The field of the clean event that it becomes; none, if it is dropped, or part of what another's rule makes. */
  readonly makes?: keyof Clean & string
  readonly by?: (event: Raw, names: Pseudonyms) => unknown
}

/** Each field of a record, those of a record within by a path. */
type Paths<Raw> = {
  [F in keyof Raw & string]: NonNullable<Raw[F]> extends
    string | number | boolean | Buffer | readonly unknown[]
    ? F
    : `${F}.${keyof NonNullable<Raw[F]> & string}`
}[keyof Raw & string]

/** A rule for each field of a version of a raw event: a field without one does not compile, and does not get through. */
export type AllowList<Raw, Clean> = Readonly<Record<Paths<Raw>, Rule<Raw, Clean>>>

/** The rules for an event, for the lists of its versions. */
export function rulesFor<Raw, Clean>() {
  return {
    /** It goes on as it is, or in its canonical form. */
    keep<F extends keyof Raw & keyof Clean & string>(
      field: F,
      by: (event: Raw) => Clean[F] = (event) => event[field] as unknown as Clean[F],
    ): Rule<Raw, Clean> {
      return { rule: 'keep', makes: field, by }
    },
    /** A keyed hash goes on, by which the same is known again and nothing else. */
    pseudonymise<F extends keyof Clean & string>(
      makes: F,
      by: (event: Raw, names: Pseudonyms) => Clean[F],
    ): Rule<Raw, Clean> {
      return { rule: 'pseudonymise', makes, by }
    },
    /** Something coarser goes on. Without `by` it is told together with what another rule makes. */
    generalise<F extends keyof Clean & string>(
      makes: F,
      by?: (event: Raw, names: Pseudonyms) => Clean[F],
    ): Rule<Raw, Clean> {
      return by === undefined ? { rule: 'generalise' } : { rule: 'generalise', makes, by }
    },
    drop: { rule: 'drop' } as Rule<Raw, Clean>,
  }
}

/** Makes a clean event by a list, and by nothing that is not in it: by a function written for these fields, so that all have one shape. */
export function stripBy<Raw, Clean extends { receivedAt: number }>(
  list: AllowList<Raw, Clean>,
  names: Pseudonyms,
): (event: Raw, now: number) => Clean {
  const made = Object.values<Rule<Raw, Clean>>(list).flatMap(({ makes, by }) =>
    makes === undefined || by === undefined ? [] : [{ makes, by }],
  )
  const entries = made.map(({ makes }, index) => `${makes}: by${index}(event, names)`)
  const make = compileFunction(`return (event, receivedAt) => ({ ${entries.join(', ')}, receivedAt })`, [
    'names',
    ...made.map((_, index) => `by${index}`),
  ]) as (names: Pseudonyms, ...by: unknown[]) => (event: Raw, now: number) => Clean
  return make(names, ...made.map(({ by }) => by))
}
