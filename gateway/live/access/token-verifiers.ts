import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import { type Claims, claimsVerifier } from './claims.ts'
import type { Role } from './mint-token.ts'
import type { TokenSettings } from './token-settings.ts'
import { TokenExpired, TokenInvalid } from './refusals.ts'

/** What is left of a token once it is read. Times are milliseconds since 1970. */
export interface Lease {
  expiresAt: number
  /** Absent if the token does not say. */
  issuedAt?: number
  /** By which it may be revoked, if it has one. */
  tokenId?: string
}

/** Who a valid token speaks for. */
export interface Identity extends Lease {
  /** As the raw topics have it: it goes there, and nowhere else. */
  userId: string
  /** The pseudonym under which all events know the listener. */
  listener: string
  /** To which the server subscribes it as it connects; absent if the token does not say. */
  channels?: readonly string[]
}

/** @throws TokenExpired, TokenInvalid, or CannotTell. */
export type VerifyToken = (token: string) => Promise<Identity>

/** Whether somebody may have a channel by a token for it. @throws TokenExpired, TokenInvalid, or CannotTell. */
export type VerifySubscription = (token: string, identity: Identity, channel: string) => Promise<Lease>

/**
 * Whose a valid token is, and whether an operator's. The function throws TokenExpired, TokenInvalid, or CannotTell.
 * @throws GatewayError as {@link tokenVerifier} does
 */
export function operatorVerifier(
  settings: TokenSettings,
): (token: string) => Promise<Lease & { userId: string; isOperator: boolean }> {
  const verify = connectionClaims(settings)
  return async (token) => {
    const claims = await verify(token)
    const isOperator = claims['role'] === ('operator' satisfies Role)
    return { userId: claims.sub, isOperator, ...leaseOf(claims) }
  }
}

/**
 * Checks tokens that connect. One for a channel does not.
 * @throws GatewayError as {@link claimsVerifier} does.
 */
export function tokenVerifier(settings: TokenSettings, pseudonymOf: PseudonymOf): VerifyToken {
  const verify = connectionClaims(settings)
  return async (token) => {
    const claims = await verify(token)
    return {
      userId: claims.sub,
      listener: pseudonymOf(claims.sub),
      ...leaseOf(claims),
      ...channelsIn(claims),
    }
  }
}

/** Who a token speaks for, or undefined if it was right once and is over. @throws TokenInvalid, or CannotTell */
export async function unlessExpired(verify: VerifyToken, token: string): Promise<Identity | undefined> {
  try {
    return await verify(token)
  } catch (error) {
    if (error instanceof TokenExpired) return undefined
    throw error
  }
}

/** Checks tokens for one channel of one listener. @throws GatewayError as {@link claimsVerifier} does. */
export function subscriptionVerifier(settings: TokenSettings): VerifySubscription {
  const verify = claimsVerifier(settings)
  return async (token, { userId }, channel) => {
    const claims = await verify(token)
    if (claims.sub !== userId) throw new TokenInvalid('"sub" is another listener')
    if (claims['channel'] !== channel) throw new TokenInvalid('"channel" is another channel, or none')
    return leaseOf(claims)
  }
}

/** A token that is good for one channel must not be good for all that its listener may do. */
function connectionClaims(settings: TokenSettings): (token: string) => Promise<Claims> {
  const verify = claimsVerifier(settings)
  return async (token) => {
    const claims = await verify(token)
    if (claims['channel'] !== undefined) throw new TokenInvalid('a token for a channel')
    return claims
  }
}

function channelsIn({ channels }: Claims): Pick<Identity, 'channels'> {
  if (channels === undefined) return {}
  if (!Array.isArray(channels) || !channels.every((each) => typeof each === 'string'))
    throw new TokenInvalid('claim "channels"')
  return { channels }
}

function leaseOf({ exp, iat, jti }: Claims): Lease {
  if (jti !== undefined && typeof jti !== 'string') throw new TokenInvalid('claim "jti"')
  return {
    expiresAt: exp * 1000,
    ...(iat !== undefined && { issuedAt: Math.round(iat * 1000) }),
    ...(jti !== undefined && { tokenId: jti }),
  }
}
