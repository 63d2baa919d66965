import { Command } from 'commander'
import { startGateway } from '../gateway/live/index.ts'
import { loadKey, type Config } from './config.ts'
import { runProcess } from './process.ts'

/** `continuo gateway` */
export function gatewayCommand(): Command {
  return new Command('gateway')
    .summary('serve live channels over WebSocket, in the Centrifuge protocol')
    .action(() =>
      runProcess('gateway', ({ config, log, metrics }) =>
        startGateway({
          host: config.GATEWAY_HOST,
          port: config.GATEWAY_PORT,
          redisUrl: config.REDIS_URL,
          keyPrefix: config.REDIS_PREFIX,
          token: {
            key: loadKey('TOKEN_KEY'),
            issuer: config.TOKEN_ISSUER,
            audience: config.TOKEN_AUDIENCE,
          },
          pseudonymKey: loadKey('PSEUDONYM_KEY'),
          allowedOrigins: allowedOrigins(config),
          log,
          metrics,
        }),
      ),
    )
}

function allowedOrigins({ ALLOWED_ORIGINS, DASHBOARD_PORT }: Config): string[] {
  if (ALLOWED_ORIGINS === '')
    return ['localhost', '127.0.0.1'].map((host) => `http://${host}:${DASHBOARD_PORT}`)
  return ALLOWED_ORIGINS.split(',').map((origin) => origin.trim())
}
