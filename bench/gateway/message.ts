/** What each publication of the bench says: 200 bytes of JSON, with when it was made. */
const LENGTH = 200

/** Milliseconds of the clock that all processes of a machine share. */
export const clock = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000

export function message() {
  const at = clock()
  return { at, text: 'x'.repeat(LENGTH - JSON.stringify({ at, text: '' }).length) }
}

const AT = '"at":'

/** How long ago a message was made that is in these bytes, the last of them; ms. */
export function age(payload: Buffer): number {
  const at = payload.lastIndexOf(AT)
  return at < 0
    ? Number.NaN
    : clock() - Number.parseFloat(payload.toString('latin1', at + AT.length, at + AT.length + 20))
}

/** Of which listener the n-th socket is. */
export const listenerName = (at: number): string => `listener-${at}`

/** The key of tokens in the bench, which protects nothing. */
export const tokens = { key: Buffer.alloc(32, 7), issuer: 'continuo', audience: 'continuo-gateway' }
export const pseudonymKey = Buffer.alloc(32, 9)
