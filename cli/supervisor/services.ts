import {
  serviceDefinitions,
  serviceNames,
  startStack,
  type ServiceName,
  type Stack,
} from '../../stack/index.ts'
import { portFrom } from './roles.ts'

/** The services that the environment does not name by their URLs: those that are to be started here. */
export function missingServices(env: NodeJS.ProcessEnv): ServiceName[] {
  return serviceNames.filter((name) => !env[serviceDefinitions[name].urlVariable])
}

/** Takes the data folder, and starts in it what is missing of the services. */
export async function startMissingServices(options: {
  dataDir: string
  env: NodeJS.ProcessEnv
  progress(line: string): void
  signal: AbortSignal
}): Promise<Stack> {
  const { env } = options
  const ports = serviceNames.map((name) => {
    const { portVariable, defaultPort } = serviceDefinitions[name]
    return [name, portFrom(env, portVariable, defaultPort)] as const
  })
  return startStack({
    ...options,
    only: missingServices(env),
    ports: Object.fromEntries(ports),
    restart: true,
  })
}

/** The environment with the URLs of the services that were started here. */
export function withUrls(env: NodeJS.ProcessEnv, { urls }: Stack): NodeJS.ProcessEnv {
  const started = {
    KAFKA_BROKERS: urls.kafkaBrokers,
    SCHEMA_REGISTRY_URL: urls.schemaRegistryUrl,
    REDIS_URL: urls.redisUrl,
    CLICKHOUSE_URL: urls.clickhouseUrl,
  }
  return { ...env, ...Object.fromEntries(Object.entries(started).filter(([, url]) => url !== undefined)) }
}
