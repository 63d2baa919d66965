import { Command } from 'commander'
import type { VerifyListener } from '../dashboards/server/bearer.ts'
import { startDashboard } from '../dashboards/server/index.ts'
import { TokenExpired, TokenInvalid, tokenVerifier } from '../gateway/live/auth.ts'
import { type TokenSettings, mintToken } from '../gateway/live/mint-token.ts'
import type { PseudonymOf } from '../schemas/pseudonym.ts'
import { type Config, clickhouseOf } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { COMPANION } from './simulate.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { runProcess } from './process.ts'

/** Long enough to open the page with, short enough to show that it is renewed. */
const DEVELOPMENT_TOKEN_SECONDS = 3600

/** `continuo dashboard [--dev] [--own]` */
export function dashboardCommand(): Command {
  return withKeyFlags(
    new Command('dashboard'),
    'make a gateway token for whoever opens the page, on your own machine only',
  )
    .summary('serve the live page')
    .option(
      '--own',
      'tell listeners, by their tokens, what they have played themselves; needs TOKEN_KEY and the keys of pseudonyms',
      false,
    )
    .action(async (flags: KeyFlags & { own: boolean }) => {
      const own = flags.own ? await readPseudonyms(flags, ['TOKEN_KEY']) : undefined
      const minting = flags.dev ? readKeys(['TOKEN_KEY'], flags).TOKEN_KEY : undefined
      return runProcess(
        'dashboard',
        ({ config, log, metrics }) =>
          startDashboard({
            host: config.DASHBOARD_HOST,
            port: config.DASHBOARD_PORT,
            clickhouse: clickhouseOf(config),
            redis: { url: config.REDIS_URL, prefix: config.REDIS_PREFIX },
            k: config.K_ANONYMITY,
            gatewayUrl: config.GATEWAY_URL || `ws://localhost:${config.GATEWAY_PORT}/connection/websocket`,
            vapidPublicKey: config.VAPID_PUBLIC_KEY,
            mintToken: minting && developmentTokens(tokenSettings(minting, config)),
            verifyListener:
              own && listenersBy(tokenSettings(own.keys.TOKEN_KEY, config), own.pseudonyms.listener),
            log,
            metrics,
          }),
        own ? { epoch: own.epoch, kafka: 'later' } : { kafka: 'never' },
      )
    })
}

const tokenSettings = (key: Buffer, { TOKEN_ISSUER, TOKEN_AUDIENCE }: Config): TokenSettings => ({
  key,
  issuer: TOKEN_ISSUER,
  audience: TOKEN_AUDIENCE,
})

const developmentTokens = (settings: TokenSettings) => () =>
  mintToken({ ...settings, sub: COMPANION, ttlSeconds: DEVELOPMENT_TOKEN_SECONDS })

/** Tokens as the gateway takes them. */
export function listenersBy(settings: TokenSettings, pseudonymOf: PseudonymOf): VerifyListener {
  const verify = tokenVerifier(settings, pseudonymOf)
  return (token) =>
    verify(token).then(
      ({ listener }) => listener,
      (error: unknown) => {
        if (error instanceof TokenExpired || error instanceof TokenInvalid) return undefined
        throw error
      },
    )
}
