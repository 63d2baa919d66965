import { Command } from 'commander'
import type { VerifyListener, VerifyOperator } from '../dashboards/server/bearer.ts'
import { ApiError } from '../dashboards/server/errors.ts'
import { startDashboard } from '../dashboards/server/index.ts'
import { operatorVerifier, tokenVerifier } from '../gateway/live/access/token-verifiers.ts'
import { mintToken } from '../gateway/live/access/mint-token.ts'
import type { TokenSettings } from '../gateway/live/access/token-settings.ts'
import { CannotTell, TokenExpired, TokenInvalid } from '../gateway/live/access/refusals.ts'
import type { PseudonymOf } from '../schemas/pseudonym.ts'
import { clickhouseOf } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { COMPANION } from './simulate.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { connectKafka } from './kafka.ts'
import { watchPipeline } from './pipeline/watch-pipeline.ts'
import { runProcess } from './process.ts'
import { type CheckRevoked, readRevocations } from './read-revocations.ts'
import { keySourceOf, tokenSettingsOf } from './token-settings.ts'

/** Long enough to open the page with, short enough to show that it is renewed. */
const DEVELOPMENT_TOKEN_SECONDS = 3600

/** `continuo dashboard [--dev] [--own] [--operators]` */
export function dashboardCommand(): Command {
  return withKeyFlags(
    new Command('dashboard'),
    'make a gateway token for whoever opens the page, on your own machine only',
  )
    .option(
      '--own',
      'tell listeners, by their tokens, what they have played themselves; needs TOKEN_KEY and the keys of pseudonyms',
      false,
    )
    .option(
      '--operators',
      'tell operators, by their tokens, how the pipeline is; needs TOKEN_KEY; --dev makes whoever opens the page one',
      false,
    )
    .action(async (flags: DashboardFlags) => {
      const own = flags.own ? await readPseudonyms(flags, ['TOKEN_KEY']) : undefined
      const operating = flags.dev || flags.operators ? readKeys(['TOKEN_KEY'], flags).TOKEN_KEY : undefined
      const minting = flags.dev ? operating : undefined
      return runProcess(
        'dashboard',
        async ({ config, log, metrics }) => {
          const kafka = connectKafka(config, 'continuo-dashboard', log)
          const keys = keySourceOf(config, { log, metrics })
          const watch = operating && watchPipeline({ kafka, config, log })
          const revocations = (own ?? operating) && (await readRevocations(config, log))
          const { check } = revocations ?? {}
          const dashboard = await startDashboard({
            host: config.DASHBOARD_HOST,
            port: config.DASHBOARD_PORT,
            clickhouse: clickhouseOf(config),
            redis: { url: config.REDIS_URL, prefix: config.REDIS_PREFIX },
            k: config.K_ANONYMITY,
            gatewayUrl: config.GATEWAY_URL || `ws://localhost:${config.GATEWAY_PORT}/connection/websocket`,
            vapidPublicKey: config.VAPID_PUBLIC_KEY,
            mintToken: minting && developmentTokens(tokenSettingsOf(minting, config)),
            verifyListener:
              own &&
              listenersBy(tokenSettingsOf(own.keys.TOKEN_KEY, config, keys), own.pseudonyms.listener, check),
            verifyOperator:
              operating &&
              operatorsBy(tokenSettingsOf(operating, config, keys), own?.pseudonyms.listener, check),
            readStages: watch && (() => watch.stages()),
            log,
            metrics,
          })
          return {
            ready: () => dashboard.ready(),
            stop: async () => {
              await Promise.all([dashboard.stop(), watch?.stop()])
              revocations?.stop()
            },
          }
        },
        own ? { epoch: own.epoch, kafka: 'later' } : { kafka: 'never' },
      )
    })
}

const developmentTokens = (settings: TokenSettings) => () =>
  mintToken({ ...settings, sub: COMPANION, ttlSeconds: DEVELOPMENT_TOKEN_SECONDS, role: 'operator' })

type DashboardFlags = KeyFlags & { own: boolean; operators: boolean }

const allPass: CheckRevoked = () => undefined
const nobody: PseudonymOf = () => ''

/** Tokens as the gateway takes them. */
export function listenersBy(
  settings: TokenSettings,
  pseudonymOf: PseudonymOf,
  check = allPass,
): VerifyListener {
  const verify = tokenVerifier(settings, pseudonymOf)
  return async (token) => {
    try {
      const identity = await verify(token)
      check(identity)
      return identity.listener
    } catch (error) {
      throwUnlessRefused(error)
      return undefined
    }
  }
}

/** Without pseudonyms what was revoked with its listener passes. */
export function operatorsBy(settings: TokenSettings, pseudonymOf = nobody, check = allPass): VerifyOperator {
  const verify = operatorVerifier(settings)
  return async (token) => {
    try {
      const { userId, isOperator, ...lease } = await verify(token)
      check({ ...lease, listener: pseudonymOf(userId) })
      return isOperator
    } catch (error) {
      throwUnlessRefused(error)
      return undefined
    }
  }
}

/** @throws ApiError while it cannot be told, and what is no refusal */
function throwUnlessRefused(error: unknown): void {
  if (error instanceof TokenExpired || error instanceof TokenInvalid) return
  if (!(error instanceof CannotTell)) throw error
  const remedy = 'try again in a moment; operators look at REDIS_URL and TOKEN_JWKS_URL'
  throw new ApiError(503, 'cannot_tell', 'nobody can tell right now whether this token is good', remedy)
}
