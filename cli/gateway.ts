import { Command } from 'commander'
import { breaker } from '../gateway/live/breaker.ts'
import { GatewayError } from '../gateway/live/errors.ts'
import { type GatewayOptions, startGateway } from '../gateway/live/index.ts'
import { ConfigError, type Config } from './config.ts'
import { eventProducer } from './event-producer.ts'
import { clientLimits } from './gateway/client-limits.ts'
import { drainCommand } from './gateway/drain.ts'
import { nodesCommand } from './gateway/nodes.ts'
import { revokeCommand } from './gateway/revoke.ts'
import { type KeyFlags, withKeyFlags } from './keys.ts'
import { readPseudonyms } from './privacy/read-pseudonyms.ts'
import { type Role, type Surroundings, runProcess } from './process.ts'
import { keySourceOf, tokenSettingsOf } from './token-settings.ts'

const help = `
Listens at GATEWAY_HOST and GATEWAY_PORT; /readyz and /metrics are at HEALTH_PORT. It needs Redis (REDIS_URL), and the keys TOKEN_KEY, PSEUDONYM_KEY and
PUSH_KEY that all other processes have; Kafka only for what listeners tell. Pages connect from origins that ALLOWED_ORIGINS names, programs and apps
if it names "none". To try it: \`continuo token --sub NAME\`, and docs/gateway.md.`

/** `continuo gateway [nodes|drain|revoke]` */
export function gatewayCommand(): Command {
  const command = new Command('gateway')
    .addHelpText('after', help)
    .addCommand(nodesCommand())
    .addCommand(drainCommand())
    .addCommand(revokeCommand())
  return withKeyFlags(command).action(async (flags: KeyFlags) => {
    const { keys, pseudonyms, epoch } = await readPseudonyms(flags, ['TOKEN_KEY', 'PUSH_KEY'])
    const start = async ({ config, log, metrics }: Surroundings): Promise<Role> => {
      const kafka = breaker({ name: 'feedback', remedy: 'look at KAFKA_BROKERS', metrics, log })
      const events = eventProducer(config, log, epoch, kafka)
      if (config.GATEWAY_PUBLIC_URL === '' && ['0.0.0.0', '::'].includes(config.GATEWAY_HOST))
        log.warn(
          'GATEWAY_HOST is any address, which /endpoints tells clients, and no other machine reaches: set GATEWAY_PUBLIC_URL',
        )
      const gateway = await startGateway({
        send: events.send,
        host: config.GATEWAY_HOST,
        port: config.GATEWAY_PORT,
        ...(config.GATEWAY_PUBLIC_URL !== '' && { publicUrl: config.GATEWAY_PUBLIC_URL }),
        capacity: config.GATEWAY_CAPACITY,
        sessionsPerListener: config.GATEWAY_SESSIONS_PER_LISTENER,
        apiKeys: config.GATEWAY_API_KEY,
        acceptsPerSecond: config.GATEWAY_ACCEPTS_PER_SECOND,
        times: { drainOver: config.GATEWAY_DRAIN_MS },
        // As if the operator had sent the signal: no other way of stopping.
        onDone: () => process.kill(process.pid, 'SIGTERM'),
        redisUrl: config.REDIS_URL,
        keyPrefix: config.REDIS_PREFIX,
        token: tokenSettingsOf(keys.TOKEN_KEY, config, keySourceOf(config, { log, metrics })),
        pseudonymOf: pseudonyms.listener,
        pushKey: { id: config.PUSH_KEY_ID, bytes: keys.PUSH_KEY },
        allowedOrigins: allowedOrigins(config),
        clientLimits: clientLimits(config),
        ...tlsOf(config),
        log,
        metrics,
      }).catch(nameVariable)
      return {
        ready: () => gateway.ready(),
        async stop() {
          await gateway.stop()
          await events.close()
        },
      }
    }
    // Screens are served without Kafka, too.
    return runProcess('gateway', start, { epoch, kafka: 'later' })
  })
}

function allowedOrigins({ ALLOWED_ORIGINS, DASHBOARD_PORT }: Config): string[] {
  if (ALLOWED_ORIGINS === '')
    return ['localhost', '127.0.0.1'].map((host) => `http://${host}:${DASHBOARD_PORT}`)
  return ALLOWED_ORIGINS.split(',').map((origin) => origin.trim())
}

/** @throws ConfigError if one file is named without the other */
function tlsOf({ GATEWAY_TLS_CERT: cert, GATEWAY_TLS_KEY: key }: Config): Pick<GatewayOptions, 'tls'> {
  if ((cert === '') !== (key === ''))
    throw new ConfigError('GATEWAY_TLS_CERT and GATEWAY_TLS_KEY: set both, or neither')
  return cert === '' ? {} : { tls: { cert, key } }
}

const variables: Record<GatewayError['option'], string> = {
  allowedOrigins: 'ALLOWED_ORIGINS',
  apiKeys: 'GATEWAY_API_KEY',
  port: 'GATEWAY_HOST, GATEWAY_PORT',
  tls: 'GATEWAY_TLS_CERT, GATEWAY_TLS_KEY',
  tlsCert: 'GATEWAY_TLS_CERT',
  tlsKey: 'GATEWAY_TLS_KEY',
  token: 'TOKEN_KEY',
}

function nameVariable(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error
  throw new ConfigError(`${variables[error.option]}: ${error.message}`)
}
