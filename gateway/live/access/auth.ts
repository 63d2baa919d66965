import { type JWTPayload, errors as joseErrors, jwtVerify } from 'jose'
import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import { GatewayError } from '../errors.ts'
import { type Role, tokenAlgorithm, type TokenSettings } from './mint-token.ts'

/** Who a valid token speaks for. */
export interface Identity {
  /** As the raw topics have it: it goes there, and nowhere else. */
  userId: string
  /** The pseudonym under which all events know the listener. */
  listener: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** A token that was right once: a new one is wanted. */
export class TokenExpired extends Error {
  override readonly name = 'TokenExpired'
}

/** A token that never was right. Its message tells what is wrong, and nothing that stands in it. */
export class TokenInvalid extends Error {
  override readonly name = 'TokenInvalid'
}

/** @throws TokenExpired or TokenInvalid. */
export type VerifyToken = (token: string) => Promise<Identity>

const minKeyBytes = 32

/**
 * Whether a valid token is an operator's. @throws TokenExpired or TokenInvalid, and GatewayError as {@link tokenVerifier} does
 */
export function operatorVerifier(settings: TokenSettings): (token: string) => Promise<boolean> {
  const verify = claimsVerifier(settings)
  return async (token) => (await verify(token))['role'] === ('operator' satisfies Role)
}

/**
 * Checks tokens: our algorithm, key, issuer and audience, not expired, and a subject.
 * @throws GatewayError if the key is shorter than the algorithm's output: it could be guessed.
 */
export function tokenVerifier(settings: TokenSettings, pseudonymOf: PseudonymOf): VerifyToken {
  const verify = claimsVerifier(settings)
  return async (token) => {
    const payload = await verify(token)
    if (typeof payload.sub !== 'string' || payload.sub === '')
      throw new TokenInvalid('"sub" is not a user id')
    const { sub: userId } = payload
    return { userId, listener: pseudonymOf(userId), expiresAt: payload.exp! * 1000 }
  }
}

function claimsVerifier(settings: TokenSettings): (token: string) => Promise<JWTPayload> {
  const { key, issuer, audience } = settings
  if (key.length < minKeyBytes) {
    throw new GatewayError('token', `the key has ${key.length} bytes: give it at least ${minKeyBytes}`)
  }
  const expected = { algorithms: [tokenAlgorithm], issuer, audience, requiredClaims: ['exp', 'sub'] }

  return async (token) => (await jwtVerify(token, key, expected).catch(refuse)).payload
}

function refuse(error: unknown): never {
  if (error instanceof joseErrors.JWTExpired) throw new TokenExpired('expired')
  if (error instanceof joseErrors.JWTClaimValidationFailed) throw new TokenInvalid(`claim "${error.claim}"`)
  if (error instanceof joseErrors.JOSEError) throw new TokenInvalid(error.code)
  throw error
}
