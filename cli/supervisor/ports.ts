import { serviceDefinitions, StackError } from '../../stack/index.ts'
import { isFree } from '../../stack/ports.ts'
import { livingChildren } from '../../stack/process/pid-files.ts'
import type { Config } from '../config.ts'
import { portFrom, titleOf, type RoleSpec } from './roles.ts'
import { missingServices } from './services.ts'

/** A port that a start needs. */
interface WantedPort {
  port: number
  /** Who needs it. */
  user: string
  /** What to do if it is not to be had. */
  remedy: string
}

/**
 * Every port of a start: where there are roles page, gateway, health and control of the roles, and the services to be started here. Left out are
 * services that an earlier start has left running in this data folder: they are ended before theirs are needed.
 */
export function wantedPorts(
  specs: RoleSpec[],
  { dataDir, env, config }: { dataDir: string; env: NodeJS.ProcessEnv; config: Config },
): WantedPort[] {
  const left = new Set(livingChildren(dataDir).map(({ name }) => name))
  const moved = (port: number, user: string, variable: string): WantedPort => ({
    port,
    user,
    remedy: `set ${variable} to another port`,
  })
  return [
    ...(specs.length === 0
      ? []
      : [
          moved(config.DASHBOARD_PORT, 'the page', 'DASHBOARD_PORT'),
          moved(config.GATEWAY_PORT, 'the gateway', 'GATEWAY_PORT'),
        ]),
    ...specs.map(({ verb, healthPort, healthVariable }) =>
      moved(healthPort, `the health of ${titleOf(verb)}`, healthVariable),
    ),
    ...specs.flatMap(({ control }) =>
      control === undefined ? [] : [moved(control.port, "the simulator's rate", control.variable)],
    ),
    ...missingServices(env)
      .filter((name) => !left.has(name))
      .map((name) => {
        const { title, portVariable, urlVariable, defaultPort } = serviceDefinitions[name]
        const remedy = `set ${portVariable} to another port, or ${urlVariable} to use your own ${title}`
        return { port: portFrom(env, portVariable, defaultPort), user: title, remedy }
      }),
  ]
}

/** Refuses ports that are taken. @throws StackError `port_in_use` naming all of them, each with its user and remedy. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)))
  const busy = wanted.filter((_, index) => !free[index])
  const [first] = busy
  if (first === undefined) return
  if (busy.length === 1) {
    throw new StackError(
      'port_in_use',
      `port ${first.port}, which ${first.user} needs, is in use`,
      `stop what listens there, or ${first.remedy}`,
    )
  }
  const lines = busy.map(({ port, user, remedy }) => `\n  port ${port}, which ${user} needs: ${remedy}`)
  throw new StackError(
    'port_in_use',
    `${busy.length} ports are in use`,
    `stop what listens there, or${lines.join('')}`,
  )
}
