import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { livingChildren } from '../../stack/process/pid-files.ts'
import { freePorts } from './free-ports.ts'
import { services } from './services.ts'
import { until } from './until.ts'

export const program = join(import.meta.dirname, '../../cli/main.ts')

/** The variables that name the health port of each role. */
export const healthVariables = [
  'RUN_HEALTH_PORT',
  'SINKS_HEALTH_PORT',
  'TRAINER_HEALTH_PORT',
  'PUSH_HEALTH_PORT',
  'GATEWAY_HEALTH_PORT',
  'DASHBOARD_HEALTH_PORT',
  'SIMULATE_HEALTH_PORT',
] as const

/** The variables that name the ports of all roles. */
export const rolePortVariables = [
  'GATEWAY_PORT',
  'DASHBOARD_PORT',
  'SIMULATE_CONTROL_PORT',
  ...healthVariables,
] as const

/** `continuo start --dev` on the shared services, under names of its own there. */
export async function someContinuo(t: TestContext) {
  await services()
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-start-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const name = `start-${randomUUID().slice(0, 8)}`
  const ports = await freePorts(rolePortVariables)
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    TOPIC_PREFIX: `${name}.`,
    APPLICATION_ID: name,
    REDIS_PREFIX: `${name}:`,
    CLICKHOUSE_DATABASE: name.replace('-', '_'),
    ...ports,
  }
  return {
    env,
    ports,
    topicPrefix: `${name}.`,
    dataDir,
    children: () => livingChildren(dataDir).map((child) => child.name),
    /** With five plays a second. */
    async start(...flags: string[]) {
      const args = [program, 'start', '--dev', '--rate', '5', '--data-dir', dataDir, ...flags]
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const lines: string[] = []
      createInterface(child.stdout).on('line', (line) => lines.push(line))
      await until(
        () =>
          lines.some((line) => /^(Continuo is|The services are) up/.test(line)) || child.exitCode !== null,
        {
          within: 120_000,
          what: 'the line that it is up',
        },
      )
      return { child, lines }
    },
  }
}
