import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import { Revocations, type RevocationsOptions } from './revocations.ts'
import { revocationLifeMs } from './revoke.ts'
import { defaultLongestLifeSeconds, type TokenSettings } from './token-settings.ts'
import {
  type VerifySubscription,
  type VerifyToken,
  subscriptionVerifier,
  tokenVerifier,
} from './token-verifiers.ts'

export interface AccessOptions extends Omit<RevocationsOptions, 'lifeMs'> {
  token: TokenSettings
  pseudonymOf: PseudonymOf
}

/**
 * Who may connect, by tokens and what ends them before their time.
 * @throws GatewayError as {@link tokenVerifier} does.
 */
export function openAccess({ token: settings, pseudonymOf, ...options }: AccessOptions) {
  const { longestLifeSeconds = defaultLongestLifeSeconds } = settings
  const revocations = new Revocations({ ...options, lifeMs: revocationLifeMs(longestLifeSeconds) })
  const verifyToken = tokenVerifier(settings, pseudonymOf)
  const verifyForChannel = subscriptionVerifier(settings)

  const verify: VerifyToken = async (token) => {
    const identity = await verifyToken(token)
    revocations.check(identity)
    return identity
  }
  const verifySubscription: VerifySubscription = async (token, identity, channel) => {
    const lease = await verifyForChannel(token, identity, channel)
    revocations.check({ ...lease, listener: identity.listener })
    return lease
  }
  const checkRevoked: Revocations['check'] = (token) => revocations.check(token)
  return { revocations, checks: { verify, verifySubscription, checkRevoked } }
}
