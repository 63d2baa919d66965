import { SignJWT } from 'jose'

/** The one algorithm of connection tokens: what a token's own header says about it is never believed. */
export const tokenAlgorithm = 'HS256'

/** What tokens of one installation share, whoever signs or checks them. */
export interface TokenSettings {
  /** At least 32 bytes. */
  key: Uint8Array
  issuer: string
  audience: string
}

export interface MintTokenOptions extends TokenSettings {
  /** The user id, as in the events of `plays`. */
  sub: string
  ttlSeconds: number
}

/** Signs a token that lets `sub` connect to the gateway. */
export function mintToken({ key, issuer, audience, sub, ttlSeconds }: MintTokenOptions): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: tokenAlgorithm })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds)
    .sign(key)
}
