import { type JWTPayload, errors as joseErrors, jwtVerify } from 'jose'
import { GatewayError } from '../errors.ts'
import { keyServerAlgorithms } from './key-server.ts'
import { defaultLongestLifeSeconds, type TokenSettings } from './token-settings.ts'
import { CannotTell, TokenExpired, TokenInvalid } from './refusals.ts'
import { signedBy } from './shared-key.ts'

/** What every token of ours says. */
export interface Claims extends JWTPayload {
  sub: string
  exp: number
}

const minKeyBytes = 32
/** By how many seconds clocks differ that are kept at all. Beyond it a token is wrong: in milliseconds, say. */
const CLOCKS_DIFFER_S = 60

/**
 * Checks what all tokens have in common: an algorithm of ours with a key of its own kind, issuer, audience, a subject,
 * an end that is neither past nor beyond the longest life, and a beginning that is no later than now. The function
 * throws TokenExpired, TokenInvalid, or CannotTell.
 * @throws GatewayError if the shared key is shorter than the algorithm's output: it could be guessed.
 */
export function claimsVerifier(settings: TokenSettings): (token: string) => Promise<Claims> {
  const {
    key,
    keys,
    issuer,
    audience,
    toleranceSeconds = 0,
    longestLifeSeconds = defaultLongestLifeSeconds,
  } = settings
  if (key.length < minKeyBytes) {
    throw new GatewayError('token', `the key has ${key.length} bytes: give it at least ${minKeyBytes}`)
  }
  const expected = { issuer, audience, clockTolerance: toleranceSeconds, requiredClaims: ['exp', 'sub'] }
  const readSigned = signedBy(key, expected)
  // Whoever knows a public key has no secret by it: each algorithm goes to the keys of its kind alone.
  const byKeys = { ...expected, algorithms: [...keyServerAlgorithms] }
  const read = async (token: string): Promise<JWTPayload> => {
    const payload = readSigned(token)
    if (payload !== undefined) return payload
    if (keys === undefined) throw new TokenInvalid('not signed by the shared key')
    return (await jwtVerify(token, keys, byKeys)).payload
  }

  return async (token) => {
    const payload = await read(token).catch(refuse)
    const { sub, exp, iat } = payload
    if (typeof sub !== 'string' || sub === '') throw new TokenInvalid('"sub" is not a user id')
    const now = Date.now() / 1000
    if (iat !== undefined && !(iat <= now + CLOCKS_DIFFER_S)) throw new TokenInvalid('claim "iat"')
    if (iat !== undefined && iat > now + toleranceSeconds) throw new CannotTell('not issued yet')
    // From its beginning, if it says one: what is too long now would else be good at its end, when its revocation is
    // forgotten.
    if (exp! > Math.min(now, iat ?? now) + toleranceSeconds + longestLifeSeconds)
      throw new TokenInvalid('claim "exp" is too far off')
    return payload as Claims
  }
}

/** What is of the near future will be right in a moment: of two clocks one is wrong, for which nobody is to stay away for good. */
function refuse(error: unknown): never {
  if (error instanceof joseErrors.JWTExpired) throw new TokenExpired('expired')
  if (error instanceof joseErrors.JWTClaimValidationFailed) {
    const { claim, reason, payload } = error
    const isSoon = Number(payload.nbf) <= Date.now() / 1000 + CLOCKS_DIFFER_S
    if (claim === 'nbf' && reason === 'check_failed' && isSoon) throw new CannotTell('not valid yet')
    throw new TokenInvalid(`claim "${claim}"`)
  }
  if (error instanceof joseErrors.JOSEError) throw new TokenInvalid(error.code)
  throw error
}
