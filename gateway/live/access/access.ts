import type { Registry } from 'prom-client'
import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import { type LimitSettings, Limits } from '../limits/limits.ts'
import { type VerifySubscription, type VerifyToken, subscriptionVerifier, tokenVerifier } from './auth.ts'
import { defaultLongestLifeSeconds, type TokenSettings } from './mint-token.ts'
import { Revocations, type RevocationsOptions } from './revocations.ts'
import { revocationLifeMs } from './revoke.ts'

export interface AccessOptions extends Omit<RevocationsOptions, 'lifeMs'> {
  token: TokenSettings
  pseudonymOf: PseudonymOf
  /** What clients may do how often, and have. Default: no limits but those of a socket. */
  clientLimits?: LimitSettings
  metrics: Registry
}

/** Who may connect, by tokens and what ends them before their time, and how often. @throws GatewayError as {@link tokenVerifier} does. */
export function openAccess({ token: settings, pseudonymOf, clientLimits = {}, ...options }: AccessOptions) {
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
  const limiter = new Limits({
    ...{ ...options, redis: options.commands },
    ...{ settings: clientLimits, secret: settings.key },
  })
  return {
    revocations,
    /** Whether a client may open a socket. */
    admit: limiter.admit.bind(limiter),
    /** What a session asks. */
    checks: { verify, verifySubscription, checkRevoked: revocations.check.bind(revocations), limiter },
  }
}
