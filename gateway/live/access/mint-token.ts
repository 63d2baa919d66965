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
  /** What else the bearer may do: an operator sees how the pipeline is. Default: nothing. */
  role?: Role
}

export type Role = 'operator'

/** Signs a token that lets `sub` connect to the gateway. */
export function mintToken({
  key,
  issuer,
  audience,
  sub,
  ttlSeconds,
  role,
}: MintTokenOptions): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT(role === undefined ? {} : { role })
    .setProtectedHeader({ alg: tokenAlgorithm })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds)
    .sign(key)
}
