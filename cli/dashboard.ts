import { Command } from 'commander'
import type { VerifyListener, VerifyOperator } from '../dashboards/server/bearer.ts'
import { startDashboard } from '../dashboards/server/index.ts'
import { operatorVerifier, tokenVerifier } from '../gateway/live/access/auth.ts'
import { mintToken } from '../gateway/live/access/mint-token.ts'
import type { TokenSettings } from '../gateway/live/access/token-settings.ts'
import { TokenExpired, TokenInvalid } from '../gateway/live/access/refusals.ts'
import type { PseudonymOf } from '../schemas/pseudonym.ts'
import { clickhouseOf } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { COMPANION } from './simulate.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { connectKafka } from './kafka.ts'
import { watchPipeline } from './pipeline/watch-pipeline.ts'
import { runProcess } from './process.ts'
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
              own && listenersBy(tokenSettingsOf(own.keys.TOKEN_KEY, config, keys), own.pseudonyms.listener),
            verifyOperator: operating && operatorsBy(tokenSettingsOf(operating, config, keys)),
            readStages: watch && (() => watch.stages()),
            log,
            metrics,
          })
          return {
            ready: () => dashboard.ready(),
            stop: async () => {
              await Promise.all([dashboard.stop(), watch?.stop()])
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

/** Tokens as the gateway takes them. */
export function listenersBy(settings: TokenSettings, pseudonymOf: PseudonymOf): VerifyListener {
  const verify = tokenVerifier(settings, pseudonymOf)
  return (token) => verify(token).then(({ listener }) => listener, refused)
}

export function operatorsBy(settings: TokenSettings): VerifyOperator {
  const verify = operatorVerifier(settings)
  return (token) => verify(token).catch(refused)
}

function refused(error: unknown): undefined {
  if (error instanceof TokenExpired || error instanceof TokenInvalid) return undefined
  throw error
}
