import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { KeySource } from './key-server.ts'

/** The algorithm of tokens signed by the shared key: what a token's own header says about it is never believed. */
export const tokenAlgorithm = 'HS256'

export const defaultLongestLifeSeconds = 30 * 86_400

/** What tokens of one installation share, whoever signs or checks them. */
export interface TokenSettings {
  /** At least 32 bytes. */
  key: Uint8Array
  /** Public keys of who else may sign, by algorithms of their own. Default: nobody. */
  keys?: KeySource
  issuer: string
  audience: string
  /** By how much clocks may differ. Default: not at all. */
  toleranceSeconds?: number
  /** Beyond it no token may be valid: so long a revocation is remembered. Default: 30 days. */
  longestLifeSeconds?: number
}

export interface MintTokenOptions extends TokenSettings {
  /** The user id, as in the events of `plays`. */
  sub: string
  ttlSeconds: number
  /** What else the bearer may do: an operator sees how the pipeline is. Default: nothing. */
  role?: Role
  /** The one channel that it is for. Default: it is for connecting. */
  channel?: string
  /** Channels to which the bearer is subscribed as they connect. Default: none. */
  channels?: readonly string[]
}

export type Role = 'operator'

/** Signs a token that lets `sub` connect to the gateway, or have one channel there, under an id of its own. */
export function mintToken(options: MintTokenOptions): Promise<string> {
  const { key, issuer, audience, sub, ttlSeconds, role, channel, channels } = options
  // With its milliseconds: a login right behind a log-out is not of before it.
  const now = Date.now() / 1000
  return new SignJWT({
    ...(role !== undefined && { role }),
    ...(channel !== undefined && { channel }),
    ...(channels !== undefined && { channels }),
  })
    .setProtectedHeader({ alg: tokenAlgorithm })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(Math.floor(now) + ttlSeconds)
    .sign(key)
}
