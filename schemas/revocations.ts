/**
 * What ends tokens before their time: one by its id, or those issued before a moment (ms since 1970), of one listener by pseudonym or of everybody.
 * A token that does not say when it was issued counts as issued before any moment.
 */
export type Revocation = { tokenId: string } | { listener?: string; issuedBefore: number }

/** Where revocations lie in Redis, for as long as a token may live; written in one step. */
export function revocationKeys(prefix: string) {
  const base = `${prefix}{revocations}`
  return {
    /** Stream: field `revocation`, a {@link Revocation} as JSON; ids are the times. */
    log: `${base}:log`,
    /** Pub/Sub channel that says: there is a new one. */
    publish: `${base}:publish`,
  }
}
