import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the four services of this test run answer. */
export interface ServiceUrls {
  /** Comma-separated host:port list. */
  kafkaBrokers: string
  /** Base URL of the Confluent-compatible API. */
  schemaRegistryUrl: string
  redisUrl: string
  clickhouseUrl: string
}

/** Services that run for the tests; `env` is what a test process needs to find them. */
export interface RunningServices {
  env: Record<string, string>
  stop(): Promise<void>
}

const variables = {
  kafkaBrokers: 'KAFKA_BROKERS',
  schemaRegistryUrl: 'SCHEMA_REGISTRY_URL',
  redisUrl: 'REDIS_URL',
  clickhouseUrl: 'CLICKHOUSE_URL',
} as const satisfies Record<keyof ServiceUrls, string>

/**
 * The services of this run, shared by all its test files: isolate yourself by a topic prefix, a database and a key
 * prefix of your own.
 * @throws if a URL is missing, since the test was started without the runner.
 */
export async function services(): Promise<ServiceUrls> {
  const urls = urlsIn(process.env)
  const missing = missingFrom(urls)
  if (missing.length > 0)
    throw new Error(
      `no ${missing.join(', ')} in the environment: start this test by "node test/run.ts integration <path>", ` +
        'which brings the services up, or set all four',
    )
  return urls as ServiceUrls
}

/**
 * Brings the services up once for a whole run: those whose URLs the environment names, else containers where a Docker
 * engine answers, else the local stack in a temporary folder.
 */
export async function startServices({
  progress,
}: {
  progress(line: string): void
}): Promise<RunningServices> {
  const given = urlsIn(process.env)
  const missing = missingFrom(given)
  if (missing.length === 0) return { env: envOf(given as ServiceUrls), stop: async () => {} }
  if (missing.length < 4)
    throw new Error(`${missing.join(', ')} not set beside the other service URLs: set all four or none`)
  const { dockerAnswers, startContainers } = await import('./containers.ts')
  if (await dockerAnswers()) {
    const containers = await startContainers({ progress })
    return { env: envOf(containers.urls), stop: containers.stop }
  }
  return startLocally(progress)
}

const freePorts = { kafka: 0, schemaRegistry: 0, redis: 0, clickhouse: 0 }

async function startLocally(progress: (line: string) => void): Promise<RunningServices> {
  const { startStack } = await import('../../stack/index.ts')
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-test-'))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const stack = await startStack({ dataDir, ports: freePorts, progress })
    return { env: envOf(stack.urls as ServiceUrls), stop: () => stack.stop().then(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

function urlsIn(env: NodeJS.ProcessEnv): Partial<ServiceUrls> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([key, name]) => (env[name] ? [[key, env[name]]] : [])),
  )
}

function missingFrom(urls: Partial<ServiceUrls>): string[] {
  return Object.entries(variables)
    .filter(([key]) => !urls[key as keyof ServiceUrls])
    .map(([, name]) => name)
}

function envOf(urls: ServiceUrls): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([key, name]) => [name, urls[key as keyof ServiceUrls]]),
  )
}
