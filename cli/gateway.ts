import { Command } from 'commander'
import type { Logger } from 'pino'
import { defer, retry } from 'rxjs'
import { GatewayError } from '../gateway/live/errors.ts'
import { startGateway } from '../gateway/live/index.ts'
import { ConfigError, type Config } from './config.ts'
import { eventProducer } from './event-producer.ts'
import { connectKafka } from './kafka.ts'
import { type KeyFlags, withKeyFlags } from './keys.ts'
import { keepToEpoch } from './privacy/epoch-in-kafka.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { runProcess } from './process.ts'

const AGAIN_AFTER_MS = 2_000

/** `continuo gateway` */
export function gatewayCommand(): Command {
  return withKeyFlags(new Command('gateway'))
    .summary('serve live channels over WebSocket, in the Centrifuge protocol')
    .action(async (flags: KeyFlags) => {
      const { keys, pseudonyms, epoch } = await readPseudonyms(flags, ['TOKEN_KEY', 'PUSH_KEY'])
      return runProcess('gateway', async ({ config, log, metrics, crash }) => {
        const events = eventProducer(config, log, epoch)
        const kept = keptToEpoch(config, log, epoch, crash)
        const gateway = await startGateway({
          send: events.send,
          host: config.GATEWAY_HOST,
          port: config.GATEWAY_PORT,
          redisUrl: config.REDIS_URL,
          keyPrefix: config.REDIS_PREFIX,
          token: {
            key: keys.TOKEN_KEY,
            issuer: config.TOKEN_ISSUER,
            audience: config.TOKEN_AUDIENCE,
          },
          pseudonymOf: pseudonyms.listener,
          pushKey: { id: config.PUSH_KEY_ID, bytes: keys.PUSH_KEY },
          allowedOrigins: allowedOrigins(config),
          log,
          metrics,
        }).catch(nameVariable)
        return {
          ready: () => gateway.ready(),
          async stop() {
            await gateway.stop()
            kept.unsubscribe()
            await events.close()
          },
        }
      })
    })
}

/** Screens are served without Kafka, too: it is asked until it answers. */
function keptToEpoch(config: Config, log: Logger, epoch: number, crash: (error: unknown) => void) {
  const kafka = connectKafka(config, 'continuo-gateway', log)
  return defer(() => keepToEpoch({ kafka, config }, epoch, crash))
    .pipe(retry({ delay: AGAIN_AFTER_MS }))
    .subscribe()
}

function allowedOrigins({ ALLOWED_ORIGINS, DASHBOARD_PORT }: Config): string[] {
  if (ALLOWED_ORIGINS === '')
    return ['localhost', '127.0.0.1'].map((host) => `http://${host}:${DASHBOARD_PORT}`)
  return ALLOWED_ORIGINS.split(',').map((origin) => origin.trim())
}

const variables: Record<GatewayError['option'], string> = {
  allowedOrigins: 'ALLOWED_ORIGINS',
  port: 'GATEWAY_PORT',
  token: 'TOKEN_KEY',
}

function nameVariable(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error
  throw new ConfigError(`${variables[error.option]}: ${error.message}`)
}
