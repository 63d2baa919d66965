import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { type TokenSettings, tokenAlgorithm } from './token-settings.ts'

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
