/** What a step makes of a value. Reasons are snake_case: they label metrics and dead letters. */
export type Outcome<V> =
  | { readonly kind: 'ok'; readonly value: V }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'dead_letter'; readonly reason: string }

/** The value goes on. */
export const ok = <V>(value: V): Outcome<V> => ({ kind: 'ok', value })

/** The value is of no interest: it goes no further, and is counted. */
export const drop = (reason: string): Outcome<never> => ({ kind: 'drop', reason })

/** The value is wrong: its record is set aside, to be looked at and sent back. */
export const deadLetter = (reason: string): Outcome<never> => ({ kind: 'dead_letter', reason })
