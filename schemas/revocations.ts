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

/**
 * What an entry of the log revokes. Of one that nobody can read, all that it may have meant: tokens issued before it was written, of its listener if
 * that one can be told, or else of everybody.
 */
export function revocationIn([id, [, text = '']]: [id: string, fields: string[]]): {
  revocation: Revocation
  isReadable: boolean
} {
  const { tokenId, listener, issuedBefore } = fieldsIn(text)
  if (typeof tokenId === 'string') return { revocation: { tokenId }, isReadable: true }
  const whose = typeof listener === 'string' ? { listener } : {}
  const isReadable = Number.isFinite(issuedBefore) && ['string', 'undefined'].includes(typeof listener)
  const moment = isReadable ? (issuedBefore as number) : Number.parseInt(id, 10)
  return { revocation: { ...whose, issuedBefore: moment }, isReadable }
}

function fieldsIn(text: string): Partial<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<Record<string, unknown>>
  } catch {
    return {}
  }
}
