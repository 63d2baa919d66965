import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { requireDiskSpace } from './disk.ts'
import { cacheFolder } from './downloads/cache.ts'
import { StackError } from './errors.ts'
import { freePort, requireFreePort } from './ports.ts'
import { startChild, type Child } from './process/child.ts'
import { lockDataFolder } from './process/lock.ts'
import { endLeftovers } from './process/pid-files.ts'
import { waitUntilReady } from './process/ready.ts'
import { startGuard } from './process/start-guard.ts'
import { supervise, type Supervised } from './process/supervise.ts'
import { unlessAborted } from './process/unless-aborted.ts'
import { clickhouse } from './services/clickhouse.ts'
import { kafka } from './services/kafka.ts'
import { redis } from './services/redis.ts'
import { schemaRegistry } from './services/schema-registry.ts'
import { serviceNames, type ServiceDefinition, type ServiceName } from './services/service.ts'

export interface StackOptions {
  /** Where data, logs and pid files are kept; made if it is not there. */
  dataDir: string
  /** The services to start; all four if left out. */
  only?: readonly ServiceName[]
  /** Ports that differ from the usual ones; 0 picks a free one. */
  ports?: Partial<Record<ServiceName, number>>
  /** Told a line for each download and each start. */
  progress(line: string): void
  /** The environment of the services, and where Java and programs are looked for. */
  env?: NodeJS.ProcessEnv
  /** Whether a service that ends by itself is started again. */
  restart?: boolean
  /** Ends the start: what is up by then is stopped. */
  signal?: AbortSignal
}

/** Where each started service answers. */
export interface StackUrls {
  kafkaBrokers?: string
  schemaRegistryUrl?: string
  redisUrl?: string
  clickhouseUrl?: string
}

export interface Stack {
  urls: StackUrls
  /** The number of a service's process, while it runs. */
  pid(service: ServiceName): number | undefined
  /** Ends a service by SIGKILL; it stays down until `start`. */
  kill(service: ServiceName): Promise<void>
  /** Starts a killed service again, on its port and its data. */
  start(service: ServiceName): Promise<void>
  /** Stops all services; what still runs after `within` ms is ended by force. Default: 4 s. */
  stop(within?: number): Promise<void>
}

export const serviceDefinitions: Record<ServiceName, ServiceDefinition> = {
  kafka,
  schemaRegistry,
  redis,
  clickhouse,
}

const startWithin = 90_000
const stopWithin = 4_000

/**
 * Starts local services, all at once, on 127.0.0.1. The data folder belongs to the caller until `stop`; what an earlier
 * owner has left running there is ended first.
 * @throws StackError whose message names what is wrong and the remedy; nothing is left running then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { only = serviceNames, progress, env = process.env, restart = false, signal } = options
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const unlock = lockDataFolder(dataDir)
  const left = await endLeftovers(dataDir)
  if (left.length > 0) progress(`Ended what an earlier start had left running: ${left.join(', ')}`)
  const dismissGuard = startGuard(dataDir)

  const services = new Map<ServiceName, Supervised>()
  const urls: StackUrls = {}

  async function stop(within = stopWithin): Promise<void> {
    await Promise.all([...services.values()].map((service) => service.stop(within)))
    dismissGuard()
    unlock()
  }

  async function bringUp(name: ServiceName, port: number): Promise<void> {
    const definition = serviceDefinitions[name]
    const launch = (signal: AbortSignal): Promise<Child> =>
      launchService(definition, { name, port, dataDir, progress, env, signal })
    const service = supervise({ title: definition.title, launch, restart, progress })
    services.set(name, service)
    urls[urlKeys[name]] = definition.url(port)
    await service.start()
  }

  try {
    const ports = await choosePorts(only, options.ports ?? {})
    await unlessAborted(Promise.all(ports.map(([name, port]) => bringUp(name, port))), signal)
  } catch (error) {
    await stop()
    throw error
  }
  const service = (name: ServiceName): Supervised => {
    const found = services.get(name)
    if (!found) throw new Error(`${name} is not part of this stack`)
    return found
  }
  return {
    urls,
    pid: (name) => service(name).pid(),
    kill: (name) => service(name).kill(),
    start: (name) => service(name).start(),
    stop,
  }
}

const urlKeys = {
  kafka: 'kafkaBrokers',
  schemaRegistry: 'schemaRegistryUrl',
  redis: 'redisUrl',
  clickhouse: 'clickhouseUrl',
} as const satisfies Record<ServiceName, keyof StackUrls>

interface Launch {
  name: ServiceName
  port: number
  dataDir: string
  progress(line: string): void
  env: NodeJS.ProcessEnv
  signal: AbortSignal
}

async function launchService(
  definition: ServiceDefinition,
  { name, port, dataDir, progress, env, signal }: Launch,
): Promise<Child> {
  const folder = join(dataDir, name)
  await mkdir(folder, { recursive: true })
  // At every start: a service that has died of a full disk is told apart from one with another fault.
  await requireDiskSpace(folder)
  const downloads = { folder: cacheFolder(env), env, signal, progress }
  const command = await definition.prepare({ port, folder, downloads }).catch((error: unknown) => {
    throw signal.aborted || error instanceof StackError ? error : notPrepared(definition, folder, error)
  })
  signal.throwIfAborted()
  const since = performance.now()
  const child = await startChild({ name, dataDir, ...command })
  await waitUntilReady(child, {
    title: definition.title,
    answers: () => definition.answers(port),
    within: startWithin,
    signal,
  })
  const took = ((performance.now() - since) / 1000).toFixed(1)
  progress(`${definition.title} is up on port ${port} (${took} s)`)
  return child
}

function notPrepared({ title, urlVariable }: ServiceDefinition, folder: string, error: unknown): StackError {
  return new StackError(
    'service_failed',
    `${title} could not be prepared in ${folder} (${(error as Error).message})`,
    `remove that folder to begin anew, or set ${urlVariable} to use your own ${title}`,
    error,
  )
}

/** All ports before the first start, so that a port in use is told at once. */
async function choosePorts(
  names: readonly ServiceName[],
  wanted: Partial<Record<ServiceName, number>>,
): Promise<[ServiceName, number][]> {
  const chosen: [ServiceName, number][] = []
  for (const name of names) {
    const { title, portVariable, urlVariable, defaultPort } = serviceDefinitions[name]
    const port = wanted[name] ?? defaultPort
    const remedy = `set ${portVariable} to another port, or ${urlVariable} to use your own ${title}`
    if (port !== 0) await requireFreePort(port, title, remedy)
    chosen.push([name, port === 0 ? await freePort() : port])
  }
  return chosen
}
