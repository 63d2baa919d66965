import { fileURLToPath } from 'node:url'
import { startChild, supervise, waitUntilReady, type Child, type Supervised } from '../../stack/index.ts'
import { asGiven } from '../as-given.ts'
import { ConfigError } from '../config.ts'
import { lastWords } from './last-words.ts'

/** A process of the product: `continuo <verb>` with its arguments. */
export interface RoleSpec {
  verb: string
  args: string[]
  healthPort: number
  /** The variable that moves its health port. */
  healthVariable: string
  /** The port by which it is told what to do, and the variable that moves it. */
  control?: { port: number; variable: string }
}

/** What all roles share. */
export interface RoleSurroundings {
  dataDir: string
  /** With the URLs of the services and the keys. */
  env: NodeJS.ProcessEnv
  progress(line: string): void
  /** The command line; ours if left out. */
  program?: string
}

/** The command line whose verbs are the roles. */
export const continuo = fileURLToPath(new URL('../main.ts', import.meta.url))
const readyWithin = 60_000

/** The roles of one `continuo start`, in the order in which they are stopped. */
export function roleSpecs(
  env: NodeJS.ProcessEnv,
  { dev, simulator, rate }: { dev: boolean; simulator: boolean; rate?: number },
): RoleSpec[] {
  const variable = 'SIMULATE_CONTROL_PORT'
  const control = { port: portFrom(env, variable, 9106), variable }
  const rates = rate === undefined ? [] : ['--rate', String(rate)]
  const companion = dev ? ['--companion'] : []
  const simulate = ['--control-port', String(control.port), ...rates, ...companion]
  const role = (verb: string, args: string[], port: number): RoleSpec => {
    const healthVariable = `${verb.toUpperCase()}_HEALTH_PORT`
    return { verb, args, healthPort: portFrom(env, healthVariable, port), healthVariable }
  }
  return [
    ...(simulator ? [{ ...role('simulate', simulate, 9105), control }] : []),
    role('trainer', dev ? ['--every', '2m'] : [], 9107),
    role('dashboard', ['--own', ...(dev ? ['--dev'] : [])], 9104),
    role('gateway', [], 9103),
    role('push', [], 9108),
    role('run', [], 9101),
    role('sinks', [], 9102),
  ]
}

/** Keeps a role running: started again when it dies, told by its channel when this process does. */
export function superviseRole(
  { verb, args, healthPort }: RoleSpec,
  { dataDir, env, progress, program = continuo }: RoleSurroundings,
): Supervised {
  const title = titleOf(verb)
  /** The process that was up last, until its end is told. */
  let up: Child | undefined
  function tell(line: string): void {
    progress(up === undefined ? line : line + lastWords(up))
    up = undefined
  }
  async function launch(signal: AbortSignal): Promise<Child> {
    signal.throwIfAborted()
    const since = performance.now()
    const child = await startChild({
      name: verb,
      dataDir,
      file: process.execPath,
      // Node's own settings go with it.
      args: [...process.execArgv, program, verb, ...args],
      env: { ...env, HEALTH_PORT: String(healthPort) },
      ipc: true,
    })
    await waitUntilReady(child, {
      title,
      answers: () => isReady(env.HEALTH_HOST ?? '127.0.0.1', healthPort),
      within: readyWithin,
      signal,
    })
    up = child
    progress(`${title} is up (${((performance.now() - since) / 1000).toFixed(1)} s)`)
    return child
  }
  return supervise({ title, launch, restart: true, progress: tell })
}

/** What a person calls a role: the command that runs it alone. */
export function titleOf(verb: string): string {
  return `continuo ${verb}`
}

/** A port number from the environment. @throws ConfigError naming the variable. */
export function portFrom(env: NodeJS.ProcessEnv, variable: string, otherwise: number): number {
  const text = env[variable]
  if (text === undefined || text === '') return otherwise
  const port = Number(text)
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port
  throw new ConfigError(`${variable}: expected a port from 1 to 65535${asGiven(variable, text)}`)
}

async function isReady(host: string, port: number): Promise<boolean> {
  // A server that listens on every address is asked on this machine's own.
  const at = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const response = await fetch(`http://${at}:${port}/readyz`, { signal: AbortSignal.timeout(2000) })
  await response.arrayBuffer()
  return response.ok
}
