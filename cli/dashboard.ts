import { Command } from 'commander'
import { startDashboard } from '../dashboards/server/index.ts'
import { mintToken } from '../gateway/live/mint-token.ts'
import { type Config, clickhouseOf } from './config.ts'
import { type KeyFlags, readKeys, withKeyFlags } from './keys.ts'
import { COMPANION } from './simulate.ts'
import { runProcess } from './process.ts'

/** Long enough to open the page with, short enough to show that it is renewed. */
const DEVELOPMENT_TOKEN_SECONDS = 3600

/** `continuo dashboard [--dev]` */
export function dashboardCommand(): Command {
  return withKeyFlags(
    new Command('dashboard'),
    'make a gateway token for whoever opens the page, on your own machine only',
  )
    .summary('serve the live page')
    .action((flags: KeyFlags) => {
      const key = flags.dev ? readKeys(['TOKEN_KEY'], flags).TOKEN_KEY : undefined
      return runProcess(
        'dashboard',
        ({ config, log, metrics }) =>
          startDashboard({
            host: config.DASHBOARD_HOST,
            port: config.DASHBOARD_PORT,
            clickhouse: clickhouseOf(config),
            k: config.K_ANONYMITY,
            gatewayUrl: config.GATEWAY_URL || `ws://localhost:${config.GATEWAY_PORT}/connection/websocket`,
            vapidPublicKey: config.VAPID_PUBLIC_KEY,
            mintToken: key && developmentTokens(key, config),
            log,
            metrics,
          }),
        { kafka: 'never' },
      )
    })
}

function developmentTokens(key: Buffer, { TOKEN_ISSUER, TOKEN_AUDIENCE }: Config): () => Promise<string> {
  return () =>
    mintToken({
      key,
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      sub: COMPANION,
      ttlSeconds: DEVELOPMENT_TOKEN_SECONDS,
    })
}
