import { join } from 'node:path'
import { unlessAborted, type Stack, type Supervised } from '../../stack/index.ts'
import { publicKeyOf } from '../../gateway/push/web-push/vapid.ts'
import { ConfigError, loadConfig } from '../config.ts'
import { readPseudonyms } from '../privacy/read-pseudonyms.ts'
import { notePage, refuseSecondStart } from './already-running.ts'
import { type Keys, developmentKeys, keyFile, requireKeys } from './dev-keys.ts'
import { runMigrations } from './migrate.ts'
import { requireFreePorts, wantedPorts } from './ports.ts'
import { type RoleSpec, roleSpecs, superviseRole } from './roles.ts'
import { missingServices, startMissingServices, withUrls } from './services.ts'

export interface ServicesOptions {
  dataDir: string
  env: NodeJS.ProcessEnv
  /** Told a line for each download and each start. */
  progress(line: string): void
  /** Ends the start: what is up by then is stopped. */
  signal: AbortSignal
}

export interface StartOptions extends ServicesOptions {
  /** Make development keys where the environment has none, and serve the page a token. */
  dev: boolean
  /** Whether invented plays are sent. */
  simulator: boolean
  /** Invented plays per second. */
  rate?: number
  /** The command line whose verbs are the roles; ours if left out. */
  program?: string
}

export interface Running {
  /** Where the page is. */
  page: string
  /** Stops the roles in order, then the services; within 10 s. */
  stop(): Promise<void>
}

/** In development a listener is told of something every minute, so that it can be tried out. */
const SOON = '60000'

/** All roles together have so long to stop, in milliseconds, before they are ended by force; with the services, so long. */
const rolesStopWithin = 5000
const allStopsWithin = 9500
const roleStopsWithinAtLeast = 250

/** Brings up the services that are missing, and nothing that works on them. @throws ConfigError, also where there is none to start, or StackError naming what is wrong */
export async function startServices(options: ServicesOptions): Promise<Pick<Running, 'stop'>> {
  if (missingServices(options.env).length === 0)
    throw new ConfigError('all services are named by their URLs: there is none to start')
  const stack = await servicesFor([], options)
  return { stop: () => stack.stop(allStopsWithin) }
}

async function servicesFor(specs: RoleSpec[], options: ServicesOptions): Promise<Stack> {
  const { dataDir, env } = options
  refuseSecondStart(dataDir)
  await requireFreePorts(wantedPorts(specs, { dataDir, env, config: loadConfig(env) }))
  return startMissingServices(options)
}

/**
 * Brings up the whole product: the services that are missing, migrations, the roles. Returns when all of them are ready.
 * @throws ConfigError or StackError naming what is wrong; nothing is left running then.
 */
export async function startAll(options: StartOptions): Promise<Running> {
  const { dataDir, dev, progress, signal, program } = options
  const config = loadConfig(options.env)
  if (!dev) requireKeys(options.env)
  if (config.PSEUDONYM_KEYS !== '') await readPseudonyms({ dev, dataDir }, [], options.env)
  const specs = roleSpecs(options.env, options)
  const stack = await servicesFor(specs, options)
  const roles: Supervised[] = []
  const page = `http://localhost:${config.DASHBOARD_PORT}`
  const forgetPage = notePage(dataDir, page)

  async function stop(): Promise<void> {
    const since = performance.now()
    const leftOf = (within: number) => within - (performance.now() - since)
    for (const role of roles) await role.stop(Math.max(roleStopsWithinAtLeast, leftOf(rolesStopWithin)))
    forgetPage()
    await stack.stop(leftOf(allStopsWithin))
  }

  try {
    const keys: Partial<Keys> = dev ? developmentKeys(keyFile(dataDir), progress) : {}
    // A ring has its own.
    if (config.PSEUDONYM_KEYS !== '') delete keys.PSEUDONYM_KEY
    // What the environment sets wins over the development keys.
    const local = { MODEL_STORE: join(dataDir, 'models'), ...(dev && { NOTIFY_GAP_MS: SOON }) }
    const env = withUrls({ ...local, ...keys, ...options.env }, stack)
    requireKeys(env)
    env.VAPID_PUBLIC_KEY ??= publicKeyOf(Buffer.from(env.VAPID_KEY!, 'base64'))
    progress('Creating topics, schemas and tables that are missing …')
    await runMigrations({ dataDir, env, signal, program })
    roles.push(...specs.map((spec) => superviseRole(spec, { dataDir, env, progress, program })))
    await unlessAborted(Promise.all(roles.map((role) => role.start())), signal)
  } catch (error) {
    await stop()
    throw error
  }
  return { page, stop }
}
