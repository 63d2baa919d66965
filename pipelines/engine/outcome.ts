/** What a step makes of a value. Reasons are snake_case: they label metrics and dead letters. */
export type Outcome<V> =
  | { readonly kind: 'ok'; readonly value: V }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'dead_letter'; readonly reason: string; readonly code?: string }

/** The value goes on. */
export const ok = <V>(value: V): Outcome<V> => ({ kind: 'ok', value })

/** The value is of no interest: it goes no further, and is counted. */
export const drop = (reason: string): Outcome<never> => ({ kind: 'drop', reason })

/**
 * The value is wrong: its record is set aside, to be looked at and sent back. `code` says more precisely what is wrong, such as what an error calls
 * itself: snake_case or capitals, at most 64. Default, and for a code that is neither: kind and reason, `STEP_NO_COUNTRY`.
 */
export const deadLetter = (reason: string, code?: string): Outcome<never> => ({
  kind: 'dead_letter',
  reason,
  ...(code !== undefined && { code }),
})
